package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import io.conv4j.layer.Pooling;
import io.conv4j.tensor.Tensor;

/** Maximum or average over windows, one channel of one image at a time. */
final class PoolingKernel {
    private final Pooling layer;
    private final Source src;
    private final Destination dst;
    private final WindowTaps[] axes;

    PoolingKernel(Pooling layer, Tensor tensor, Destination dst) {
        this.layer = layer;
        this.src = new Source(tensor);
        this.dst = dst;
        this.axes = WindowTaps.of(layer.window(), src.shape(), dst.shape());
    }

    void run(Workers workers) {
        int planes = src.shape().extent(0) * src.shape().extent(1);
        int plane = axes[0].input * axes[1].input * axes[2].input;
        int rows = axes[0].output * axes[1].output;
        long work = (long) rows * axes[2].output * layer.window().taps();
        workers.forEach(planes, work, nc -> {
            double[] values = src.read(nc * plane, plane);
            double[] row = new double[axes[2].output];
            for (int i = 0; i < rows; i++) {
                for (int x = 0; x < row.length; x++) {
                    row[x] = window(values, i / axes[1].output, i % axes[1].output, x);
                }
                dst.write((nc * rows + i) * row.length, row, row.length);
            }
        });
    }

    private double window(double[] values, int z, int y, int x) {
        boolean max = layer.kind() == Pooling.Kind.MAX;
        double result = max ? Double.NEGATIVE_INFINITY : 0;
        int step = axes[2].axis.dilation();
        for (int tz = axes[0].first[z]; tz < axes[0].end[z]; tz++) {
            for (int ty = axes[1].first[y]; ty < axes[1].end[y]; ty++) {
                int inputZ = axes[0].start(z) + tz * axes[0].axis.dilation();
                int inputY = axes[1].start(y) + ty * axes[1].axis.dilation();
                int at = (inputZ * axes[1].input + inputY) * axes[2].input + axes[2].start(x);
                for (int tx = axes[2].first[x]; tx < axes[2].end[x]; tx++) {
                    double value = values[at + tx * step];
                    result = max ? Math.max(result, value) : result + value;
                }
            }
        }
        return max ? result : average(result, z, y, x);
    }

    private double average(double sum, int z, int y, int x) {
        boolean padding = layer.kind() == Pooling.Kind.AVERAGE_INCLUDE_PADDING;
        double count = 1;
        int[] at = {z, y, x};
        for (int i = 0; i < 3; i++) {
            count *= padding ? axes[i].padded[at[i]] : Math.max(0, axes[i].end[at[i]] - axes[i].first[at[i]]);
        }
        // A dilated window may step over the whole input.
        return count == 0 ? 0 : sum / count;
    }
}
