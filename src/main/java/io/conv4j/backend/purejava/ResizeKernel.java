package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import io.conv4j.layer.Resize;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;

/**
 * Resampling, one axis after the other: every interpolation here is a product of one per axis. What lies between two axes
 * is kept in double.
 */
final class ResizeKernel {
    private final Resize layer;
    private final Source src;
    private final Destination dst;

    ResizeKernel(Resize layer, Tensor tensor, Destination dst) {
        this.layer = layer;
        this.src = new Source(tensor);
        this.dst = dst;
    }

    void run(Workers workers) {
        if (dst.shape().elements() == 0) {
            return;
        }
        int[] extents = src.shape().extents();
        double[] values = src.read(0, src.shape().elements());
        for (int axis = 0; axis < extents.length; axis++) {
            Blend[] blends = blends(axis, extents[axis]);
            if (!keeps(axis, extents[axis]) && !copies(blends, extents[axis])) {
                values = resample(values, blends, extents, axis, workers);
                extents[axis] = blends.length;
            }
        }
        if (layer.coordinates() == Resize.Coordinates.CROP_AND_RESIZE) {
            extrapolate(values);
        }
        dst.write(0, values, values.length);
    }

    /** What an output element of an axis is made of: input elements and their weights. */
    @SuppressWarnings("ArrayRecordComponent") // read in loops; nobody compares them
    private record Blend(int[] indices, double[] weights) {}

    private Blend[] blends(int axis, int input) {
        Blend[] blends = new Blend[layer.extents().get(axis)];
        for (int y = 0; y < blends.length; y++) {
            double position = layer.position(axis, input, y);
            blends[y] = layer.filters(axis) ? filtered(axis, position, input) : blend(position, input);
        }
        return blends;
    }

    private Blend filtered(int axis, double position, int input) {
        Resize.Neighbours neighbours = layer.antialiased(axis, position, input);
        return blend(neighbours.first(), input, neighbours.weights());
    }

    private Blend blend(double position, int input) {
        int low = (int) Math.floor(position);
        return switch (layer.interpolation()) {
            case NEAREST -> blend(layer.nearest(position), input, 1);
            case LINEAR -> blend(low, input, 1 - (position - low), position - low);
            case CUBIC -> {
                float[] weights = layer.cubicWeights(position, input);
                yield blend(low - 1, input, weights[0], weights[1], weights[2], weights[3]);
            }
        };
    }

    /** Weights for the elements from {@code first} on; where there is none the nearest at the border stands in. */
    private static Blend blend(int first, int input, double... weights) {
        int[] indices = new int[weights.length];
        int used = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] != 0) {
                indices[used] = Math.max(0, Math.min(input - 1, first + i));
                weights[used++] = weights[i];
            }
        }
        return new Blend(Arrays.copyOf(indices, used), Arrays.copyOf(weights, used));
    }

    /** An axis that is not resized stays as it is, also where a rule for coordinates would shift it by half an element. */
    private boolean keeps(int axis, int input) {
        return layer.coordinates() != Resize.Coordinates.CROP_AND_RESIZE
                && layer.scales().get(axis) == 1
                && layer.extents().get(axis) == input;
    }

    private static boolean copies(Blend[] blends, int input) {
        boolean same = blends.length == input;
        for (int y = 0; y < blends.length && same; y++) {
            same = blends[y].indices.length == 1 && blends[y].indices[0] == y && blends[y].weights[0] == 1;
        }
        return same;
    }

    private static double[] resample(double[] from, Blend[] blends, int[] extents, int axis, Workers workers) {
        int inner = product(extents, axis + 1, extents.length);
        int outer = product(extents, 0, axis);
        int input = extents[axis];
        double[] to = new double[Math.multiplyExact(Math.multiplyExact(outer, blends.length), inner)];
        workers.forEach(outer * blends.length, inner * 4L, row -> {
            Blend blend = blends[row % blends.length];
            int block = row / blends.length * input;
            for (int tap = 0; tap < blend.indices.length; tap++) {
                int at = (block + blend.indices[tap]) * inner;
                double weight = blend.weights[tap];
                for (int i = 0; i < inner; i++) {
                    to[row * inner + i] += weight * from[at + i];
                }
            }
        });
        return to;
    }

    private static int product(int[] extents, int first, int end) {
        int product = 1;
        for (int axis = first; axis < end; axis++) {
            product *= extents[axis];
        }
        return product;
    }

    /** Elements whose position lies outside the input on any axis get the value that the layer names. */
    private void extrapolate(double[] values) {
        int[] extents = dst.shape().extents();
        for (int axis = 0; axis < extents.length; axis++) {
            int input = src.shape().extent(axis);
            int inner = product(extents, axis + 1, extents.length);
            for (int y = 0; y < extents[axis]; y++) {
                double position = layer.position(axis, input, y);
                if (position < 0 || position > input - 1) {
                    for (int at = y * inner; at < values.length; at += extents[axis] * inner) {
                        Arrays.fill(values, at, at + inner, layer.extrapolationValue());
                    }
                }
            }
        }
    }
}
