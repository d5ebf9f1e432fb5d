package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;

/** Where the indirect algorithm is looked at, and where it beats oneDNN's own, by measurement. */
final class IndirectRule {
    /** So many pixels are multiplied with a panel of weights in one pass, or nearly so. */
    private static final long ONE_PASS = 16;

    private static final long FEW_PIXELS = 64;

    /** The more pixels are multiplied with the weights, the less it is worth to fetch these ahead. */
    private static final long MOST_PIXELS = 256;

    /** Weights that do not stay in a level-2 cache from one run to the next. */
    private static final long POINTWISE_BYTES = 64 << 10;

    private static final long HEAVY_BYTES = 2 << 20;

    /** With fewer channels of dst oneDNN's deconvolution does not even look at taps that meet nothing. */
    private static final int FULL_VECTOR = 16;

    /** Of a vector, the lanes of which a product may leave half unused at half the cost. */
    private static final int HALVED_LANES = 16;

    /** So few channels that our kernel multiplies all taps of a window at once. */
    private static final int FEW_CHANNELS = 4;

    /** Up to so many of them, {@code kMostPieceFloats} of {@code cpp/indirect_problem.hpp}. */
    private static final long MOST_WHOLE_PRODUCTS = 1024;

    /** With fewer products for a result, what is left is to write it. */
    private static final int LEAST_PRODUCTS = 16;

    private IndirectRule() {}

    /** Whether it may be the fastest for a step with a window, with weights that are constant or not. */
    static boolean isCandidate(Step step, Window window, boolean constant) {
        return constant && Indirect.pixels(step, window) <= MOST_PIXELS || halvesVector(step, window);
    }

    /** Whether it is taken for a step of which it is a candidate. */
    static boolean pays(Step step) {
        Window window = Windows.of(step);
        return paysByHalves(step, window) || streamsWeights(step, window);
    }

    /**
     * Whether it is taken since it {@linkplain #halvesVector halves a vector}. Where units are wide, half a vector takes as
     * long as a whole one, and oneDNN's are 10 % faster with windows of few channels.
     */
    static boolean paysByHalves(Step step, Window window) {
        return halvesVector(step, window) && (Chain.isPlainlyPointwise(window) || !VectorUnits.areWide());
    }

    /**
     * Whether the last vector of a pixel's channels is at most half full, of several: our kernel takes half a vector for it.
     * By measurement of pointwise layers of MobileNet and EfficientNet with 24 and 40 channels of dst, and of FSRCNN's first
     * one, 1 to 56 channels by 5x5, it is 10 to 20 % faster than oneDNN's, which take a whole one.
     */
    static boolean halvesVector(Step step, Window window) {
        if (!(step.layer() instanceof Convolution) || NativeNetwork.vectorLanes() != HALVED_LANES) {
            return false;
        }
        int channels = step.sources().get(0).shape().extent(1);
        int outputs = step.destination().shape().extent(1);
        int last = outputs % HALVED_LANES;
        long products = (long) channels * window.taps();
        Axis width = window.axis(window.rank() - 1);
        boolean wholeWindows = channels <= FEW_CHANNELS
                && width.kernel() > 1
                && width.dilation() == 1
                && products <= MOST_WHOLE_PRODUCTS;
        return products >= LEAST_PRODUCTS
                && outputs > HALVED_LANES
                && last > 0
                && last <= HALVED_LANES / 2
                && (Chain.isPlainlyPointwise(window) || wholeWindows);
    }

    /**
     * Whether a product of few pixels reads so many weights that it pays to fetch them ahead, by measurement of layers of
     * ResNet, MobileNet, EfficientNet, DenseNet and DCGAN: up to 8x8 pixels it is 5 to 25 % faster than oneDNN's primitives,
     * transposed 5 to 50 %, and with one pixel 2 to 4 times.
     */
    private static boolean streamsWeights(Step step, Window window) {
        Shape weights = step.sources().get(1).shape();
        boolean transposed = step.layer() instanceof TransposedConvolution;
        long pixels = Indirect.pixels(step, window);
        long bytes = (long) Float.BYTES * weights.elements();
        // Where each dst pixel meets one src pixel at most, others do not even look at the rest of the taps.
        Shape src = step.sources().get(0).shape();
        if (transposed && (weights.extent(1) < FULL_VECTOR || src.extent(2) * src.extent(3) == 1)) {
            return false;
        }
        return window.taps() == 1
                ? pixels <= ONE_PASS || (pixels <= FEW_PIXELS && bytes >= POINTWISE_BYTES)
                : pixels <= FEW_PIXELS && bytes >= HEAVY_BYTES;
    }
}
