package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Fractions for integers: inputs src of any integer type, scale in f32 and, optionally, zeroPoint of src's type; scale and
 * zeroPoint are broadcast to src. dst = (src − zeroPoint) · scale in f32, the difference being exact (ONNX
 * DequantizeLinear).
 */
public record Dequantize() implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 3);
        TensorType src = inputs.get(0);
        if (src.type().floating() || src.type() == DataType.BOOL) {
            throw failure(this, "src should be of an integer type, got " + src);
        }
        if (inputs.get(1).type() != DataType.F32) {
            throw failure(this, "scale should be f32, got " + inputs.get(1));
        }
        if (inputs.size() > 2 && inputs.get(2).type() != src.type()) {
            throw failure(this, "zeroPoint should have src's type, got " + inputs);
        }
        Inputs.broadcastToFirst(this, inputs);
        return List.of(new TensorType(DataType.F32, src.shape()));
    }

    /** The function itself on one element. */
    public float apply(long src, float scale, long zeroPoint) {
        return (float) (src - zeroPoint) * scale;
    }
}
