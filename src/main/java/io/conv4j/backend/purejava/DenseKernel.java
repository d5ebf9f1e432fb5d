package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import io.conv4j.tensor.Tensor;
import java.util.List;

/** Fully connected layers: each row of weights is read once and multiplied with the whole batch. */
final class DenseKernel {
    /** Outputs computed and written as one. */
    private static final int BLOCK = 64;

    private DenseKernel() {}

    static void run(List<Tensor> sources, Destination dst, Workers workers) {
        Source weights = new Source(sources.get(1));
        int batch = dst.shape().extent(0);
        int outputs = dst.shape().extent(1);
        int depth = weights.shape().extent(1);
        double[] src = new Source(sources.get(0)).read(0, batch * depth);
        double[] bias = sources.size() == 3 ? new Source(sources.get(2)).read(0, outputs) : new double[outputs];
        workers.forEach((int) ((outputs + BLOCK - 1L) / BLOCK), (long) BLOCK * batch * depth, block -> {
            int first = block * BLOCK;
            int length = Math.min(BLOCK, outputs - first);
            double[][] sums = new double[batch][length];
            double[] row = new double[depth];
            for (int o = 0; o < length; o++) {
                weights.read((first + o) * depth, 1, row, 0, depth);
                for (int n = 0; n < batch; n++) {
                    sums[n][o] = bias[first + o] + dot(src, n * depth, row);
                }
            }
            for (int n = 0; n < batch; n++) {
                dst.write(n * outputs + first, sums[n], length);
            }
        });
    }

    /** Four sums side by side, so that an addition need not wait for the one before it. */
    private static double dot(double[] a, int at, double[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 4 <= b.length; i += 4) {
            s0 += a[at + i] * b[i];
            s1 += a[at + i + 1] * b[i + 1];
            s2 += a[at + i + 2] * b[i + 2];
            s3 += a[at + i + 3] * b[i + 3];
        }
        for (; i < b.length; i++) {
            s0 += a[at + i] * b[i];
        }
        return s0 + s1 + (s2 + s3);
    }
}
