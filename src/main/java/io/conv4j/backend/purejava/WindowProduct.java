package io.conv4j.backend.purejava;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A product whose rows are what the taps of a window see of the input channels: convolution, transposed or not. An image is
 * one group of one batch element. Windows of fewer than three axes get leading ones that do nothing.
 */
abstract class WindowProduct extends Product {
    private final Source src;
    private final @Nullable Source bias;
    private final int groups;
    private final int outputs;
    private final int channels;
    private final int taps;
    private final Axis[] axes;
    private final int[] input;
    private final int[] output;

    /**
     * Takes src [N, Cin, spatial…], weights and, where there is one, bias [Cout].
     *
     * @param outputs output channels of a group
     */
    WindowProduct(Window window, int groups, int outputs, List<Tensor> sources, Destination dst) {
        super(
                dst.shape().extent(0) * groups,
                outputs,
                sources.get(0).shape().extent(1) / groups * window.taps(),
                spatial(dst.shape()),
                dst);
        this.src = new Source(sources.get(0));
        this.bias = sources.size() == 3 ? new Source(sources.get(2)) : null;
        this.groups = groups;
        this.outputs = outputs;
        this.channels = src.shape().extent(1) / groups;
        this.taps = window.taps();
        this.axes = new Axis[] {Axis.of(1), Axis.of(1), Axis.of(1)};
        this.input = new int[] {1, 1, 1};
        this.output = new int[] {1, 1, 1};
        if (window.isPointwise() && spatial(src.shape()) == spatial(dst.shape())) {
            // Nothing slides and no output padding: one long axis makes the longest runs.
            input[2] = spatial(src.shape());
            output[2] = spatial(dst.shape());
            return;
        }
        for (int i = 0; i < window.rank(); i++) {
            int axis = 3 - window.rank() + i;
            axes[axis] = window.axis(i);
            input[axis] = src.shape().extent(i + 2);
            output[axis] = dst.shape().extent(i + 2);
        }
    }

    private static int spatial(Shape shape) {
        int elements = 1;
        for (int axis = 2; axis < shape.rank(); axis++) {
            elements *= shape.extent(axis);
        }
        return elements;
    }

    /** The input element that a tap gives an output element; negative, or the extent or more, if there is none. */
    abstract int inputIndex(Axis axis, int output, int tap);

    /**
     * Reads what a tap gives {@code length} outputs of one row, from {@code output} on.
     *
     * @param row index in src of the input row's first element
     * @param extent the input row's length
     * @param into zeros from {@code at} on
     */
    abstract void readRun(Run run, int row, int extent, double[] into, int at);

    /** A part of an output row and the tap that is looked at. */
    record Run(Axis axis, int tap, int output, int length) {}

    final Source src() {
        return src;
    }

    final int group(int image) {
        return image % groups;
    }

    final int channels() {
        return channels;
    }

    final int taps() {
        return taps;
    }

    @Override
    final double bias(int image, int output) {
        return bias == null ? 0 : bias.get(group(image) * outputs + output);
    }

    @Override
    final boolean readRow(int image, int k, int column, double[] into, int length) {
        int plane = (image * channels + k / taps) * input[0];
        int tap = k % taps;
        int tapX = tap % axes[2].kernel();
        int tapY = tap / axes[2].kernel() % axes[1].kernel();
        int tapZ = tap / axes[2].kernel() / axes[1].kernel();
        boolean any = false;
        Arrays.fill(into, 0, length, 0);
        for (int done = 0; done < length; ) {
            int x = (column + done) % output[2];
            int row = (column + done) / output[2];
            int run = Math.min(length - done, output[2] - x);
            int z = inputIndex(axes[0], row / output[1], tapZ);
            int y = inputIndex(axes[1], row % output[1], tapY);
            if (z >= 0 && z < input[0] && y >= 0 && y < input[1]) {
                int from = ((plane + z) * input[1] + y) * input[2];
                readRun(new Run(axes[2], tapX, x, run), from, input[2], into, done);
                any = true;
            }
            done += run;
        }
        return any;
    }
}
