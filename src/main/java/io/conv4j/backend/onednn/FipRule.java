package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;

/**
 * Where convolutions are looked at by the fast inner product ({@code cpp/fip.hpp}), and where it beats oneDNN's own: on CPUs that
 * add and multiply in units of their own, three products take the time of two. By measurement of layers of MobileNet, ResNet,
 * EfficientNet, DenseNet, FSRCNN, U-Net and DCGAN on a Zen 4 it is 1.1 to 1.6 times as fast then.
 */
final class FipRule {
    /** What is done for each result takes as long as is saved with so many products of it, and for each row with so many results. */
    private static final double OF_PRODUCTS = 29;

    private static final double OF_OUTPUTS = 17;

    /** Of fewer, weights take longer to come from memory than to be multiplied. */
    private static final long LEAST_PIXELS = 16;

    /** Three products take the time of two. */
    private static final double MOST_GAIN = 1.5;

    /** Padding is multiplied, while other algorithms leave it out; and each phase writes pixels here and there. */
    private static final double LEAST_GAIN_BESIDE_OTHERS = 1.1;

    /** With shorter rows of windows a copy takes too long. */
    private static final int LEAST_RUN = 40;

    private FipRule() {}

    /** Whether it pays on this CPU. */
    static boolean paysHere() {
        return NativeNetwork.fipVectors() > 0;
    }

    /** How many vectors of weights are multiplied at a time. */
    static int vectors() {
        return Math.max(1, NativeNetwork.fipVectors());
    }

    /** Whether it may be the fastest for a convolution, on some CPU. */
    static boolean isCandidate(Step step, Window window) {
        int channels = step.sources().get(0).shape().extent(1);
        int outputs = step.destination().shape().extent(1);
        boolean transposed = step.layer() instanceof TransposedConvolution;
        if (transposed && !allSee(window)) {
            return false;
        }
        // Of a transposed one a phase has a part of the taps.
        int phases = transposed ? window.axis(0).stride() * window.axis(1).stride() : 1;
        long products = (long) channels * window.taps() / phases;
        Axis width = window.axis(1);
        int run = channels * (width.dilation() == 1 ? width.kernel() / (transposed ? width.stride() : 1) : 1);
        double inside = inside(step, window, 0) * inside(step, window, 1);
        return Indirect.pixels(step, window) >= LEAST_PIXELS
                && run >= LEAST_RUN
                && saves(products, outputs)
                && (inside == 1 && !transposed || inside * gain(products, outputs) >= LEAST_GAIN_BESIDE_OTHERS);
    }

    /** Whether each pixel of a transposed convolution sees some src, and what it sees lies together. */
    private static boolean allSee(Window window) {
        boolean all = true;
        for (int i = 0; i < window.rank(); i++) {
            Axis axis = window.axis(i);
            all &= axis.dilation() == 1 && axis.kernel() >= axis.stride();
        }
        return all;
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
        boolean transposed = step.layer() instanceof TransposedConvolution;
        long exist = 0;
        for (int tap = 0; tap < axis.kernel(); tap++) {
            int first = tap * axis.dilation() - axis.padBefore();
            // Each element i of the tensor with fewer meets element i stride + first of the other one, if that exists.
            int few = transposed ? src : dst;
            int many = transposed ? dst : src;
            int from = Math.max(0, divideUp(-first, axis.stride()));
            int to = Math.min(few, divideUp(many - first, axis.stride()));
            exist += Math.max(0, to - from);
        }
        return (double) exist * (transposed ? axis.stride() : 1) / ((long) dst * axis.kernel());
    }

    private static int divideUp(int a, int b) {
        return -Math.floorDiv(-a, b);
    }

    /** Whether it is taken on this CPU for a convolution with constant weights in f32. */
    static boolean pays(Step step, Window window) {
        return isCandidate(step, window) && paysHere();
    }
}
