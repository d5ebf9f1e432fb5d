package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;

/**
 * Where convolutions are looked at by the fast inner product ({@code cpp/fip.hpp}), and where it beats oneDNN's own: on CPUs that
 * add and multiply in units of their own, three products take the time of two. By measurement of layers of MobileNet, ResNet,
 * EfficientNet, DenseNet, FSRCNN, U-Net and DCGAN it is 1.1 to 1.6 times as fast then on a Zen 4, up to 1.4 times on a Zen 5.
 */
final class FipRule {
    /** Of fewer, weights take longer to come from memory than to be multiplied. */
    private static final long LEAST_PIXELS = 16;

    /** Padding is multiplied, while other algorithms leave it out; and each phase writes pixels here and there. */
    private static final double LEAST_GAIN_BESIDE_OTHERS = 1.1;

    /** What is done beside products takes longer where src and dst do not stay in a level-2 cache, of so many bytes. */
    private static final double LEAST_GAIN_OF_FAR_PIXELS = 1.12;

    private static final long NEAR_BYTES = 1 << 20;

    /** With shorter rows of windows a copy takes too long. */
    private static final int LEAST_RUN = 40;

    /** Of Zen 3 and 4, where three products take the time of two. */
    private static final Costs OF_ONE_VECTOR = new Costs(1.5, 14.5, 8.5, 0, 0);

    /** Of Zen 5, which cannot begin as many instructions in a cycle as that takes; a least squares fit over 129 pointwise layers. */
    private static final Costs OF_TWO_VECTORS = new Costs(1.33, 20, 15, 1700, 1.0 / 3);

    private FipRule() {}

    /**
     * What a product gains at most and what takes time beside products, counted in products: for each result, for each element of
     * a row of what windows see, and for each row; and, of a vector of weights, what one that is multiplied alone takes longer.
     */
    private record Costs(double mostGain, double result, double element, double row, double single) {
        /** How much faster than as they are products of so many elements with so many columns are made; below 1 if it is slower. */
        double gain(long products, int outputs) {
            double beside = result / products + element / outputs + row / products / outputs;
            int lanes = NativeNetwork.vectorLanes();
            int vectors = (outputs + lanes - 1) / lanes;
            double alone = vectors % 2 * single / vectors;
            return mostGain / (1 + beside + alone);
        }
    }

    /** Whether it pays on this CPU. */
    static boolean paysHere() {
        return VectorUnits.addApart();
    }

    /** How many vectors of weights are multiplied at a time. */
    static int vectors() {
        return VectorUnits.areWide() ? 2 : 1;
    }

    /** Whether it may be the fastest for a convolution, on some CPU. */
    static boolean isCandidate(Step step, Window window) {
        return saves(step, window, OF_ONE_VECTOR);
    }

    private static boolean saves(Step step, Window window, Costs costs) {
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
        double inside = Windows.inside(step, window);
        double gain = costs.gain(products, outputs);
        long bytes = Float.BYTES
                * (step.sources().get(0).shape().elements()
                        + (long) step.destination().shape().elements());
        return Indirect.pixels(step, window) >= LEAST_PIXELS
                && run >= LEAST_RUN
                && gain > (bytes > NEAR_BYTES ? LEAST_GAIN_OF_FAR_PIXELS : 1)
                && (inside == 1 && !transposed || inside * gain >= LEAST_GAIN_BESIDE_OTHERS);
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

    /** How much faster than as they are products of so many elements with so many columns are made here; below 1 if it is slower. */
    static double gain(long products, int outputs) {
        return costsHere().gain(products, outputs);
    }

    /** The same for those of a convolution. */
    static double gain(Step step, Window window) {
        int channels = step.sources().get(0).shape().extent(1);
        return gain((long) channels * window.taps(), step.destination().shape().extent(1));
    }

    private static Costs costsHere() {
        return VectorUnits.areWide() ? OF_TWO_VECTORS : OF_ONE_VECTOR;
    }

    /** Whether it is taken on this CPU for a convolution with constant weights in f32. */
    static boolean pays(Step step, Window window) {
        return paysHere() && saves(step, window, costsHere());
    }
}
