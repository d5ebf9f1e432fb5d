package io.conv4j.backend.purejava;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;

/** Matrix products over the last two axes; an image is one product of a batch. */
final class MatMulKernel extends Product {
    private final Source a;
    private final Source b;
    private final int[] batchOfA;
    private final int[] batchOfB;

    MatMulKernel(List<Tensor> sources, Destination dst) {
        super(
                batches(dst.shape()).elements(),
                dst.shape().extent(-2),
                sources.get(0).shape().extent(-1),
                dst.shape().extent(-1),
                dst);
        this.a = new Source(sources.get(0));
        this.b = new Source(sources.get(1));
        this.batchOfA = broadcast(batches(a.shape()), batches(dst.shape()));
        this.batchOfB = broadcast(batches(b.shape()), batches(dst.shape()));
    }

    private static Shape batches(Shape shape) {
        return shape.with(-1, 1).with(-2, 1);
    }

    /** For each batch of the result the operand's that goes with it. */
    private static int[] broadcast(Shape operand, Shape result) {
        int[] batches = new int[result.elements()];
        int[] strides = operand.strides();
        for (int batch = 0; batch < batches.length; batch++) {
            int rest = batch;
            for (int axis = 1; axis <= result.rank(); axis++) {
                int index = rest % result.extent(-axis);
                rest /= result.extent(-axis);
                if (axis <= operand.rank() && operand.extent(-axis) > 1) {
                    batches[batch] += index * strides[operand.rank() - axis];
                }
            }
        }
        return batches;
    }

    @Override
    double bias(int image, int output) {
        return 0;
    }

    @Override
    void readWeights(int image, int output, int k, double[] into, int length) {
        a.read((batchOfA[image] * a.shape().extent(-2) + output) * a.shape().extent(-1) + k, 1, into, 0, length);
    }

    @Override
    boolean readRow(int image, int k, int column, double[] into, int length) {
        b.read((batchOfB[image] * b.shape().extent(-2) + k) * b.shape().extent(-1) + column, 1, into, 0, length);
        return true;
    }
}
