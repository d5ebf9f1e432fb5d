package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * The matrix product over the last two axes, [… M, K] · [… K, N] = [… M, N]; the axes before are broadcast as numpy does.
 * Vectors are to be given as matrices.
 *
 * <p>Both inputs have one type: f32, bf16 or s32. Sums of s32 are exact as long as they stay below 2⁵³ and
 * saturate; 8-bit integers are to be widened, less their zero point.
 */
public record MatMul() implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 2);
        Inputs.sameType(this, inputs);
        Inputs.multiplied(this, inputs.get(0));
        Shape a = inputs.get(0).shape();
        Shape b = inputs.get(1).shape();
        if (a.rank() < 2 || b.rank() < 2 || a.extent(-1) != b.extent(-2)) {
            throw failure(this, "operands should be [… M, K] and [… K, N], got " + a + " and " + b);
        }
        Shape batch = Shape.broadcast(a.with(-1, 1).with(-2, 1), b.with(-1, 1).with(-2, 1));
        return List.of(new TensorType(
                inputs.get(0).type(), batch.with(-2, a.extent(-2)).with(-1, b.extent(-1))));
    }

    /** The axes before the last two of an operand or a result, of whose matrices there is one for each element. */
    public static Shape batches(Shape shape) {
        return shape.with(-1, 1).with(-2, 1);
    }

    /** For each batch of dst the one of the operand that goes with it, by numpy's broadcasting; both row-major. */
    public static int[] operandBatches(Shape operand, Shape dst) {
        Shape own = batches(operand);
        Shape all = batches(dst);
        int[] indices = new int[all.elements()];
        int[] strides = own.strides();
        for (int batch = 0; batch < indices.length; batch++) {
            int rest = batch;
            for (int axis = 1; axis <= all.rank(); axis++) {
                int index = rest % all.extent(-axis);
                rest /= all.extent(-axis);
                if (axis <= own.rank() && own.extent(-axis) > 1) {
                    indices[batch] += index * strides[own.rank() - axis];
                }
            }
        }
        return indices;
    }
}
