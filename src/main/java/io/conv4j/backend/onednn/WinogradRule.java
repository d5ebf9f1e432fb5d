package io.conv4j.backend.onednn;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;

/**
 * When Winograd's algorithm pays, by an estimate of time that was fitted to measurements of one core with AVX-512: products
 * at 200 GFLOP/s, weights at 40 GB/s, half of it meanwhile, transformed tiles written and read at 50 GB/s. Only the ratio of two
 * estimates is used, which other cores share well enough. The number of threads is left out, so that results do not depend on
 * it; on two threads the choice is as good.
 */
final class WinogradRule {
    private static final double FLOPS = 200e9;
    private static final double WEIGHT_BYTES = 40e9;
    private static final double TILE_BYTES = 50e9;
    private static final int LANES = 16;

    /** Transformed kernels that take less are held: memory is not worth the time then. */
    private static final double HEAVY_BYTES = 16 << 20;

    /** Of fewer pixels of dst, transforming in every run takes more than a sixth of the step. */
    private static final double MANY_PIXELS = 256;

    private static final double BF16_SPEED = 1.9;

    private static final double FIP_TILES = 9;

    /** The same where kernels are transformed in every run, and finished for the fast inner product. */
    private static final double FIP_TILES_OF_LATE = 20;

    /** How much faster than the direct convolution it must be: within this the estimate may be wrong. */
    private static final double WORTHWHILE = 1.15;

    /** What oneDNN's direct convolution does beyond the taps that meet src when others lie in the padding. */
    private static final double SKIPPING = 1.15;

    private final Window window;
    private final Shape src;
    private final Shape dst;

    /** For a dense 3x3 convolution of stride 1. */
    WinogradRule(Window window, Shape src, Shape dst) {
        this.window = window;
        this.src = src;
        this.dst = dst;
    }

    /**
     * The tile size m of F(m·m, 3·3); 0 for the direct algorithm. Larger tiles have larger errors and larger weights, so
     * they must be faster by enough.
     */
    int choose() {
        return choose(seconds(0));
    }

    /**
     * Whether the algorithm, whose products are f32 whatever the tensors are, beats the direct one in bf16: twice the
     * products a second and half the weights.
     */
    boolean beatsBf16() {
        return choose(seconds(0) / BF16_SPEED) > 0;
    }

    private int choose(double rival) {
        double two = seconds(2);
        double four = seconds(4);
        double six = seconds(6);
        int m = two < four ? 2 : 4;
        double best = m == 2 ? two : four;
        if (six < best * 0.9) {
            m = 6;
            best = six;
        }
        return best * WORTHWHILE < rival ? m : 0;
    }

    /** The estimate for a tile size m; for 0 that of the direct convolution. */
    double seconds(int m) {
        if (m == 0) {
            // oneDNN computes whole vectors of output channels; input channels it counts one by one.
            double weights = 9.0 * src.extent(1) * padded(dst.extent(1));
            double pixels = (double) dst.extent(0) * dst.extent(2) * dst.extent(3);
            return 2 * weights * pixels * met() / FLOPS + Float.BYTES * weights / WEIGHT_BYTES;
        }
        double depth = padded(src.extent(1));
        double width = padded(dst.extent(1));
        double positions = (m + 2.0) * (m + 2);
        double tiles = tiles(m);
        double weights = weightBytes(m) / WEIGHT_BYTES;
        double products = 2 * tiles * positions * depth * width / FLOPS;
        // Weights are fetched ahead of the products.
        return Math.max(products, weights)
                + Math.min(products, weights) / 2
                + 2 * Float.BYTES * tiles * positions * (depth + width) / TILE_BYTES;
    }

    /**
     * Whether kernels are held as they are and transformed in every run, in which they take a quarter of the memory for tiles
     * of 4x4, a seventh for 6x6: where they are so heavy that this counts for the process, and pixels so many that the step is
     * about a sixth slower at most, of 1024 pixels a twelfth.
     */
    boolean transformsLate(int m) {
        double pixels = (double) dst.extent(0) * dst.extent(2) * dst.extent(3);
        return weightBytes(m) >= HEAVY_BYTES && pixels >= MANY_PIXELS;
    }

    /**
     * Whether transformed tiles and kernels are multiplied by the fast inner product ({@code cpp/fip.hpp}): of enough channels, and
     * of so many tiles that what is done for each row of the kernels pays. By measurement of layers of ResNet, VGG, U-Net and
     * Inception on a Zen 4 they are 1.04 to 1.3 times as fast then. On a Zen 5 products are so fast already that kernels, which
     * come from memory in a network, are what is waited for: ResNet-18, U-Net and YOLO take 1 to 4 % more on one thread, up to 10
     * on two.
     */
    boolean takesFip(int m) {
        double least = transformsLate(m) ? FIP_TILES_OF_LATE : FIP_TILES;
        return tiles(m) >= least
                && FipRule.gain(src.extent(1), dst.extent(1)) > 1
                && FipRule.paysHere()
                && !VectorUnits.areWide();
    }

    /** Tiles of all images. */
    private double tiles(int m) {
        return dst.extent(0) * tiles(window.axis(0), dst.extent(2), m) * tiles(window.axis(1), dst.extent(3), m);
    }

    private double weightBytes(int m) {
        return Float.BYTES * (m + 2.0) * (m + 2) * padded(src.extent(1)) * padded(dst.extent(1));
    }

    /** The share of its products that a dilated direct convolution computes: rows and columns of padding are skipped. */
    private double met() {
        boolean dilated = window.axes().stream().anyMatch(axis -> axis.dilation() > 1);
        double met = 1;
        for (int i = 0; dilated && i < window.rank(); i++) {
            met *= met(window.axis(i), src.extent(i + 2), dst.extent(i + 2));
        }
        return Math.min(1, SKIPPING * met);
    }

    private static double met(Axis axis, int extent, int outputs) {
        double inside = 0;
        for (int tap = 0; tap < axis.kernel(); tap++) {
            int offset = tap * axis.dilation() - axis.padBefore();
            inside += Math.max(0, Math.min(outputs, extent - offset) - Math.max(0, -offset));
        }
        return inside / axis.kernel() / outputs;
    }

    private static double padded(int channels) {
        return Math.ceil((double) channels / LANES) * LANES;
    }

    /** Tiles along an axis; each of the interleaved sub-images of a dilated convolution has its own. */
    private static double tiles(Axis axis, int extent, int m) {
        double subImage = Math.ceil((double) extent / axis.dilation());
        return axis.dilation() * Math.ceil(subImage / m);
    }
}
