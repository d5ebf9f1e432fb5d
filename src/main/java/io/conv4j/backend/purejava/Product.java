package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import java.util.Arrays;

/**
 * The sum of products that convolutions and matrix products come down to: for each image, dst[o, i] = bias[o] +
 * Σ over k of weights[o, k] · row k[i]. For a convolution k runs over input channels and taps, i over output positions, and
 * row k is what a tap sees of a channel as it slides over all of them.
 *
 * <p>Computed in blocks of outputs and columns whose sums stay in the first-level cache, a block of rows at a time. Every
 * sum takes its terms in one order, whoever computes it.
 */
abstract class Product {
    private static final int COLUMNS = 128;
    private static final int OUTPUTS = 32;
    private static final int DEPTH = 256;

    private final int images;
    private final int outputs;
    private final int depth;
    private final int columns;
    private final Destination dst;

    /** The destination is [images, outputs, columns], row-major, whatever its shape says. */
    Product(int images, int outputs, int depth, int columns, Destination dst) {
        this.images = images;
        this.outputs = outputs;
        this.depth = depth;
        this.columns = columns;
        this.dst = dst;
    }

    /** Where the sums of an output begin. */
    abstract double bias(int image, int output);

    /** Reads the weights of an output, for {@code length} rows from {@code k} on. */
    abstract void readWeights(int image, int output, int k, double[] into, int length);

    /** Reads {@code length} columns of row k; false, whatever it has written, if they are all zero. */
    abstract boolean readRow(int image, int k, int column, double[] into, int length);

    final void run(Workers workers) {
        int blocks = ceilDiv(outputs, OUTPUTS);
        int chunks = ceilDiv(columns, COLUMNS);
        long work = (long) Math.min(COLUMNS, columns) * Math.min(OUTPUTS, outputs) * depth;
        workers.forRanges(images * chunks * blocks, work, (first, end) -> {
            Block block = new Block();
            for (int unit = first; unit < end; unit++) {
                block.compute(unit / blocks / chunks, unit % blocks * OUTPUTS, unit / blocks % chunks * COLUMNS);
            }
        });
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }

    /** Sums of some outputs over some columns, and the rows they are being made of. */
    private final class Block {
        private final double[][] sums = new double[Math.min(OUTPUTS, outputs)][Math.min(COLUMNS, columns)];
        private final double[][] rows = new double[Math.min(DEPTH, depth)][Math.min(COLUMNS, columns)];
        private final double[] weights = new double[Math.min(DEPTH, depth)];
        private final int[] used = new int[Math.min(DEPTH, depth)];

        void compute(int image, int firstOutput, int column) {
            int height = Math.min(OUTPUTS, outputs - firstOutput);
            int width = Math.min(COLUMNS, columns - column);
            for (int o = 0; o < height; o++) {
                Arrays.fill(sums[o], 0, width, bias(image, firstOutput + o));
            }
            for (int k = 0; k < depth; k += DEPTH) {
                int length = Math.min(DEPTH, depth - k);
                int filled = fill(image, k, length, column, width);
                for (int o = 0; o < height; o++) {
                    readWeights(image, firstOutput + o, k, weights, length);
                    add(sums[o], filled, width);
                }
            }
            for (int o = 0; o < height; o++) {
                dst.write((image * outputs + firstOutput + o) * columns + column, sums[o], width);
            }
        }

        /** Reads rows, leaving out those of zeros; returns how many are left. */
        private int fill(int image, int k, int length, int column, int width) {
            int filled = 0;
            for (int i = 0; i < length; i++) {
                if (readRow(image, k + i, column, rows[filled], width)) {
                    used[filled++] = i;
                }
            }
            return filled;
        }

        private void add(double[] sum, int filled, int width) {
            int row = 0;
            for (; row + 4 <= filled; row += 4) {
                addFour(sum, row, width);
            }
            for (; row < filled; row++) {
                addOne(sum, rows[row], weights[used[row]], width);
            }
        }

        /** Four at a time, so that sums are loaded and stored a quarter as often. */
        private void addFour(double[] sum, int row, int width) {
            double[] a = rows[row];
            double[] b = rows[row + 1];
            double[] c = rows[row + 2];
            double[] d = rows[row + 3];
            double p = weights[used[row]];
            double q = weights[used[row + 1]];
            double r = weights[used[row + 2]];
            double s = weights[used[row + 3]];
            for (int i = 0; i < width; i++) {
                sum[i] += p * a[i] + q * b[i] + r * c[i] + s * d[i];
            }
        }

        private static void addOne(double[] sum, double[] row, double weight, int width) {
            for (int i = 0; i < width; i++) {
                sum[i] += weight * row[i];
            }
        }
    }
}
