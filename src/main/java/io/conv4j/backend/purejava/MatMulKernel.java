package io.conv4j.backend.purejava;

import io.conv4j.layer.MatMul;
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
                MatMul.batches(dst.shape()).elements(),
                dst.shape().extent(-2),
                sources.get(0).shape().extent(-1),
                dst.shape().extent(-1),
                dst);
        this.a = new Source(sources.get(0));
        this.b = new Source(sources.get(1));
        this.batchOfA = MatMul.operandBatches(a.shape(), dst.shape());
        this.batchOfB = MatMul.operandBatches(b.shape(), dst.shape());
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
