package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import io.conv4j.layer.MaxPoolingWithIndices;
import io.conv4j.tensor.Tensor;
import java.util.List;

/** Maximum over windows and where it is, one channel of one image at a time. */
final class IndexedPoolingKernel {
    private static final int NOWHERE = -1;

    private final MaxPoolingWithIndices layer;
    private final Source src;
    private final Tensor dst;
    private final Tensor indices;
    private final WindowTaps[] axes;

    IndexedPoolingKernel(MaxPoolingWithIndices layer, Tensor tensor, List<Tensor> destinations) {
        this.layer = layer;
        this.src = new Source(tensor);
        this.dst = destinations.get(0);
        this.indices = destinations.get(1);
        this.axes = WindowTaps.of(layer.window(), tensor.shape(), dst.shape());
    }

    void run(Workers workers) {
        int planes = src.shape().extent(0) * src.shape().extent(1);
        int plane = axes[0].input * axes[1].input * axes[2].input;
        int windows = axes[0].output * axes[1].output * axes[2].output;
        workers.forEach(planes, (long) windows * layer.window().taps(), nc -> {
            double[] values = src.read(nc * plane, plane);
            for (int i = 0; i < windows; i++) {
                int x = i % axes[2].output;
                int y = i / axes[2].output % axes[1].output;
                int z = i / axes[2].output / axes[1].output;
                int largest = largest(values, z, y, x);
                int at = nc * windows + i;
                dst.set(at, largest == NOWHERE ? Double.NEGATIVE_INFINITY : values[largest]);
                indices.setLong(at, largest == NOWHERE ? NOWHERE : nc * plane + index(largest));
            }
        });
    }

    private int largest(double[] values, int z, int y, int x) {
        int largest = NOWHERE;
        for (int tz = axes[0].first[z]; tz < axes[0].end[z]; tz++) {
            for (int ty = axes[1].first[y]; ty < axes[1].end[y]; ty++) {
                int row = (axes[0].element(z, tz) * axes[1].input + axes[1].element(y, ty)) * axes[2].input;
                for (int tx = axes[2].first[x]; tx < axes[2].end[x]; tx++) {
                    int at = row + axes[2].element(x, tx);
                    if (largest == NOWHERE || isLarger(values[at], values[largest])) {
                        largest = at;
                    }
                }
            }
        }
        return largest;
    }

    private static boolean isLarger(double value, double than) {
        return value > than || Double.isNaN(value) && !Double.isNaN(than);
    }

    private int index(int at) {
        if (!layer.columnMajor()) {
            return at;
        }
        int x = at % axes[2].input;
        int y = at / axes[2].input % axes[1].input;
        int z = at / axes[2].input / axes[1].input;
        return (x * axes[1].input + y) * axes[0].input + z;
    }
}
