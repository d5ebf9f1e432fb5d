package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import io.conv4j.layer.GridSample;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Sampling at positions that a tensor names. What a position reads, and with which weights, is the same for all channels: it
 * is worked out for a chunk of positions at a time.
 */
final class GridSampleKernel {
    private static final int CHUNK = 64;

    private final GridSample layer;
    private final Source src;
    private final Source grid;
    private final Destination dst;
    private final int[] extents;
    private final int[] strides;
    /** Elements of a channel of src, positions of an image. */
    private final int plane;

    private final int positions;

    GridSampleKernel(GridSample layer, List<Tensor> sources, Destination dst) {
        this.layer = layer;
        this.src = new Source(sources.get(0));
        this.grid = new Source(sources.get(1));
        this.dst = dst;
        Shape shape = src.shape();
        this.extents = Arrays.copyOfRange(shape.extents(), 2, shape.rank());
        this.strides = Arrays.copyOfRange(shape.strides(), 2, shape.rank());
        this.plane = Shape.of(extents).elements();
        this.positions = Shape.of(Arrays.copyOfRange(dst.shape().extents(), 2, shape.rank()))
                .elements();
    }

    void run(Workers workers) {
        if (dst.shape().elements() == 0) {
            return;
        }
        int channels = src.shape().extent(1);
        int chunks = (positions + CHUNK - 1) / CHUNK;
        long work = (long) Math.min(CHUNK, positions) * channels * neighbours();
        workers.forRanges(src.shape().extent(0) * chunks, work, (first, end) -> {
            Chunk chunk = new Chunk();
            double[] values = new double[CHUNK];
            for (int unit = first; unit < end; unit++) {
                int image = unit / chunks;
                int start = unit % chunks * CHUNK;
                int length = Math.min(CHUNK, positions - start);
                chunk.locate(image * positions + start, length);
                for (int channel = image * channels; channel < (image + 1) * channels; channel++) {
                    chunk.read(channel * plane, values, length);
                    dst.write(channel * positions + start, values, length);
                }
            }
        });
    }

    private int neighbours() {
        int product = 1;
        for (int i = 0; i < extents.length; i++) {
            product *= layer.taps();
        }
        return product;
    }

    /** What some positions read: elements by their place in a channel, and their weights; those of weight 0 left out. */
    private final class Chunk {
        private final int[][] elements = new int[CHUNK][neighbours()];
        private final double[][] weights = new double[CHUNK][neighbours()];
        private final int[] counts = new int[CHUNK];
        private final double[] alongAxis = new double[4];

        void locate(int first, int length) {
            for (int i = 0; i < length; i++) {
                counts[i] = 1;
                elements[i][0] = 0;
                weights[i][0] = 1;
                for (int axis = 0; axis < extents.length; axis++) {
                    // The grid names the innermost axis first.
                    double number = grid.get((first + i) * extents.length + extents.length - 1 - axis);
                    multiply(i, axis, layer.position(number, extents[axis]));
                }
            }
        }

        /** Each neighbour so far becomes those along one more axis. */
        private void multiply(int at, int axis, double position) {
            long firstTap = layer.firstTap(position);
            layer.weights(position, alongAxis);
            int[] known = Arrays.copyOf(elements[at], counts[at]);
            double[] knownWeights = Arrays.copyOf(weights[at], counts[at]);
            int count = 0;
            for (int tap = 0; tap < layer.taps(); tap++) {
                int element = layer.element(firstTap + tap, extents[axis]);
                if (element >= 0 && alongAxis[tap] != 0) {
                    for (int i = 0; i < known.length; i++) {
                        elements[at][count] = known[i] + element * strides[axis];
                        weights[at][count++] = knownWeights[i] * alongAxis[tap];
                    }
                }
            }
            counts[at] = count;
        }

        void read(int channel, double[] into, int length) {
            for (int i = 0; i < length; i++) {
                double sum = 0;
                for (int j = 0; j < counts[i]; j++) {
                    sum += weights[i][j] * src.get(channel + elements[i][j]);
                }
                into[i] = sum;
            }
        }
    }
}
