package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;

/**
 * Where convolutions are looked at by the fast inner product ({@code cpp/fip.hpp}), and where it beats oneDNN's own: on CPUs that
 * add and multiply in units of their own, three products take the time of two. By measurement of layers of MobileNet, ResNet,
 * EfficientNet, DenseNet and FSRCNN on a Zen 4 it is 1.1 to 1.6 times as fast then.
 */
final class FipRule {
    /** What is done for each result takes as long as is saved with so many products of it, and for each row with so many results. */
    private static final double OF_PRODUCTS = 29;

    private static final double OF_OUTPUTS = 17;

    /** Of fewer, weights take longer to come from memory than to be multiplied. */
    private static final long LEAST_PIXELS = 16;

    /** Three products take the time of two. */
    private static final double MOST_GAIN = 1.5;

    /** Padding is multiplied, while other algorithms leave it out. */
    private static final double LEAST_GAIN_BESIDE_PADDING = 1.1;

    /** With shorter rows of windows a copy takes too long. */
    private static final int LEAST_RUN = 40;

    private FipRule() {}

    /** Whether it may be the fastest for a convolution, on some CPU. */
    static boolean isCandidate(Step step, Window window) {
        int channels = step.sources().get(0).shape().extent(1);
        int outputs = step.destination().shape().extent(1);
        long products = (long) channels * window.taps();
        int run = channels * (window.axis(1).dilation() == 1 ? window.axis(1).kernel() : 1);
        double inside = inside(step, window, 0) * inside(step, window, 1);
        return Indirect.pixels(step, window) >= LEAST_PIXELS
                && run >= LEAST_RUN
                && saves(products, outputs)
                && (inside == 1 || inside * gain(products, outputs) >= LEAST_GAIN_BESIDE_PADDING);
    }

    /** Whether products of so many elements with so many columns save more than is done for each row and for each result. */
    static boolean saves(long products, int outputs) {
        return gain(products, outputs) > 1;
    }

    private static double gain(long products, int outputs) {
        return MOST_GAIN / (1 + (MOST_GAIN - 1) * (OF_PRODUCTS / products + OF_OUTPUTS / outputs));
    }

    /** Of the elements that the windows of a step see along an axis, the part that exists. */
    private static double inside(Step step, Window window, int index) {
        Axis axis = window.axis(index);
        int src = step.sources().get(0).shape().extent(index + 2);
        int dst = step.destination().shape().extent(index + 2);
        long exist = 0;
        for (int tap = 0; tap < axis.kernel(); tap++) {
            // Of dst elements i: 0 <= i stride + first < src.
            int first = tap * axis.dilation() - axis.padBefore();
            int from = Math.max(0, divideUp(-first, axis.stride()));
            int to = Math.min(dst, divideUp(src - first, axis.stride()));
            exist += Math.max(0, to - from);
        }
        return (double) exist / ((long) dst * axis.kernel());
    }

    private static int divideUp(int a, int b) {
        return -Math.floorDiv(-a, b);
    }

    /** Whether it is taken on this CPU for a convolution with constant weights in f32. */
    static boolean pays(Step step, Window window) {
        return isCandidate(step, window) && NativeNetwork.addersAreApart();
    }
}
