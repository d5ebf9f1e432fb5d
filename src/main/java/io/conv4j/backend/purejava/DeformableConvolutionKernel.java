package io.conv4j.backend.purejava;

import io.conv4j.layer.Axis;
import io.conv4j.layer.DeformableConvolution;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolution with moved taps, as a product whose rows are what a tap reads of a channel. An image is one group of one batch
 * element. Positions that are not numbers, or lie outside, read zeros.
 */
final class DeformableConvolutionKernel extends Product {
    private final DeformableConvolution layer;
    private final Source src;
    private final Source weights;
    private final Source offset;
    private final @Nullable Source mask;
    private final @Nullable Source bias;
    private final int channels;
    private final int outputs;
    private final int taps;
    private final int[] input;
    private final int[] strides;
    private final int[] output;
    private final int plane;
    private final int columns;

    DeformableConvolutionKernel(DeformableConvolution layer, List<Tensor> sources, Destination dst) {
        super(
                dst.shape().extent(0) * layer.groups(),
                dst.shape().extent(1) / layer.groups(),
                sources.get(1).shape().extent(1) * layer.window().taps(),
                Shape.of(spatial(dst.shape())).elements(),
                dst);
        int behind = layer.masked() ? 4 : 3;
        this.layer = layer;
        this.src = new Source(sources.get(0));
        this.weights = new Source(sources.get(1));
        this.offset = new Source(sources.get(2));
        this.mask = layer.masked() ? new Source(sources.get(3)) : null;
        this.bias = sources.size() > behind ? new Source(sources.get(behind)) : null;
        this.channels = sources.get(1).shape().extent(1);
        this.outputs = dst.shape().extent(1) / layer.groups();
        this.taps = layer.window().taps();
        this.input = spatial(src.shape());
        this.strides = src.shape().strides();
        this.output = spatial(dst.shape());
        this.plane = Shape.of(input).elements();
        this.columns = Shape.of(output).elements();
    }

    private static int[] spatial(Shape shape) {
        return Arrays.copyOfRange(shape.extents(), 2, shape.rank());
    }

    @Override
    double bias(int image, int index) {
        return bias == null ? 0 : bias.get(image % layer.groups() * outputs + index);
    }

    @Override
    void readWeights(int image, int index, int k, double[] into, int length) {
        int depth = channels * taps;
        weights.read((image % layer.groups() * outputs + index) * depth + k, 1, into, 0, length);
    }

    @Override
    boolean readRow(int image, int k, int column, double[] into, int length) {
        int perOffsetGroup = src.shape().extent(1) / layer.offsetGroups();
        int channel = image % layer.groups() * channels + k / taps;
        int batch = image / layer.groups();
        // Which of the batch element's taps, counted over its offset groups.
        int tap = (batch * layer.offsetGroups() + channel / perOffsetGroup) * taps + k % taps;
        int from = (batch * src.shape().extent(1) + channel) * plane;
        double[] position = new double[input.length];
        for (int i = 0; i < length; i++) {
            locate(tap, column + i, position);
            double factor = mask == null ? 1 : mask.get(tap * columns + column + i);
            into[i] = factor * interpolate(position, 0, from);
        }
        return true;
    }

    private void locate(int tap, int column, double[] position) {
        int place = column;
        int number = tap % taps;
        for (int i = input.length - 1; i >= 0; i--) {
            Axis axis = layer.window().axis(i);
            double moved = offset.get((tap * input.length + i) * columns + column);
            long start = (long) (place % output[i]) * axis.stride() - axis.padBefore();
            position[i] = start + (long) (number % axis.kernel()) * axis.dilation() + moved;
            place /= output[i];
            number /= axis.kernel();
        }
    }

    /** The value at a position, given the row, plane … that begins at an element; linear along this axis and the rest. */
    private double interpolate(double[] position, int axis, int from) {
        if (axis == input.length) {
            return src.get(from);
        }
        // False for what is not a number, too.
        if (!(position[axis] > -1 && position[axis] < input[axis])) {
            return 0;
        }
        int low = (int) Math.floor(position[axis]);
        double share = position[axis] - low;
        int stride = strides[axis + 2];
        double before = low < 0 ? 0 : interpolate(position, axis + 1, from + low * stride);
        double after =
                low + 1 >= input[axis] || share == 0 ? 0 : interpolate(position, axis + 1, from + (low + 1) * stride);
        return (1 - share) * before + share * after;
    }
}
