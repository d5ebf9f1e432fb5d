package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;

/**
 * Where convolutions are looked at by Winograd's filtering of rows ({@code cpp/filtered.hpp}), and where it beats others: windows of
 * many rows, as first layers of 7x7 and 5x5 have. By measurement of layers of ResNet, Inception and FSRCNN it is 1.1 to 1.4 times as fast
 * as oneDNN's own on a Zen 4.
 */
final class FilterRule {
    /** {@code kMostTaps} of {@code cpp/filtered.cpp}. */
    private static final int MOST_TAPS = 3;

    /** Windows of three rows are for Winograd's tiles; and first layers of such, of VGG, U-Net and YOLO, take as long as oneDNN's. */
    private static final int MANY_ROWS = 5;

    /** Elements of a row of a window: sums of rows of more do not stay in a level-2 cache. */
    private static final int LONGEST_ROW = 512;

    /** Results of fewer channels leave vectors half empty. */
    private static final int LEAST_OUTPUTS = 16;

    /** What is done for a result beside its products takes as long as so many of these. */
    private static final double BESIDE = 4;

    /** Of our own products of windows as they are, by oneDNN's, where units are {@linkplain VectorUnits#areWide wide}. */
    private static final double SPEED_OF_WIDE = 0.88;

    /** To write a result to memory takes as long as so many products. */
    private static final int FEW_PRODUCTS = 40;

    private static final long NEAR_BYTES = 4 << 20;

    private static final double LEAST_GAIN = 1.1;

    private FilterRule() {}

    /** Whether it may be the fastest for a convolution with constant weights to which {@link Indirect#applies}, on some CPU. */
    static boolean isCandidate(Step step, Window window) {
        Axis height = window.axis(0);
        int channels = step.sources().get(0).shape().extent(1);
        return height.dilation() == 1
                && window.axis(1).dilation() == 1
                && height.kernel() > height.stride()
                && height.kernel() >= MANY_ROWS
                && (long) channels * window.axis(1).kernel() <= LONGEST_ROW
                && step.destination().shape().extent(1) >= LEAST_OUTPUTS
                && gain(step, window) > 1;
    }

    /** Whether it is taken on this CPU, for a step of which it is a candidate. */
    static boolean pays(Step step, Window window) {
        int channels = step.sources().get(0).shape().extent(1);
        long bytes = (long) Float.BYTES * step.destination().shape().elements();
        boolean waitsForMemory = channels * window.taps() <= FEW_PRODUCTS && bytes > NEAR_BYTES;
        return !waitsForMemory && paysInBands(step, window);
    }

    /** The same where a band of dst at a time is written, and read from a cache. */
    static boolean paysInBands(Step step, Window window) {
        double gain = gain(step, window) * (VectorUnits.areWide() ? SPEED_OF_WIDE : 1);
        boolean beatsFip = !FipRule.pays(step, window) || gain > FipRule.gain(step, window);
        return gain * Windows.inside(step, window) >= LEAST_GAIN && beatsFip;
    }

    /** How much less it takes than all products of the windows, with those of padding. */
    private static double gain(Step step, Window window) {
        long row =
                (long) step.sources().get(0).shape().extent(1) * window.axis(1).kernel();
        int rows = step.destination().shape().extent(2);
        // A last row without another is computed like two, but for the products of the other alone.
        double pairs = (rows + rows % 2) / (double) rows;
        double filtered = products(window.axis(0)) / 2.0 * pairs;
        return window.axis(0).kernel() * row / (filtered * row + BESIDE);
    }

    /** Rows of products that two rows of dst take: of each phase of the stride, and of as many of its taps as are filtered together. */
    private static int products(Axis axis) {
        int products = axis.kernel();
        for (int phase = 0; phase < axis.stride(); phase++) {
            int taps = (axis.kernel() - phase + axis.stride() - 1) / axis.stride();
            products += (taps + MOST_TAPS - 1) / MOST_TAPS;
        }
        return products;
    }
}
