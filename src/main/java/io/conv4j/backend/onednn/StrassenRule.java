package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where pointwise convolutions can be multiplied by Strassen's algorithm ({@code cpp/strassen.hpp}), with seven eighths of the
 * products, and where that beats oneDNN's own, by measurement of layers of MobileNet, ResNet, ResNeXt, EfficientNet and DenseNet:
 * it is 2 to 14 % faster then, and 5 to 25 % where tensors that come from memory are added to the result. On a Zen 5, which makes
 * products in half the time and most of them by the fast inner product, it is 3 to 14 % slower in what is left.
 */
final class StrassenRule {
    /** Of an image; {@code 2 kMostStrassenRows} of {@code cpp/isa.hpp}. */
    private static final long LEAST_PIXELS = 16;

    /** What is added to products, and of pixels, takes longer than what is saved where either side has few channels. */
    private static final long LEAST_CHANNELS = 48;

    private static final long LEAST_OUTPUTS = 64;

    private static final long LEAST_WEIGHTS = 12 << 10;

    /** The same in vectors of less than 16 lanes. */
    private static final long LEAST_CHANNELS_OF_SHORT_VECTORS = 512;

    /** Elements; heavier ones come from memory, and packed ones are 7/4 as heavy. */
    private static final long MOST_WEIGHTS = 2 << 20;

    private static final int LONG_VECTOR = 16;

    private StrassenRule() {}

    /**
     * Whether it can compute a convolution with constant weights [Cout, Cin, 1, 1]. Not where all channels of dst seem to be alike, as in
     * networks whose weights are constants: any other algorithm computes the same bits for them, on which a softmax over large equal
     * numbers rests, while this one rounds differently in the two halves.
     */
    static boolean applies(Step step, Window window, int groups, Tensor weights) {
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        return Indirect.applies(window, groups)
                && weights.dataType() == DataType.F32
                && window.axes().stream().allMatch(StrassenRule::isPixel)
                && src.extent(1) % 2 == 0
                && dst.extent(1) % 2 == 0
                && (long) dst.extent(2) * dst.extent(3) >= LEAST_PIXELS
                && meetsSource(window.axis(0), src.extent(2), dst.extent(2))
                && meetsSource(window.axis(1), src.extent(3), dst.extent(3))
                && !row(weights, 0).equals(row(weights, dst.extent(1) / 2));
    }

    private static ByteBuffer row(Tensor weights, int index) {
        int bytes = weights.shape().extent(1) * Float.BYTES;
        ByteBuffer row = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
        weights.copyTo((long) index * bytes, row);
        return row.flip();
    }

    private static boolean isPixel(Axis axis) {
        return axis.kernel() == 1 && axis.padBefore() == 0;
    }

    private static boolean meetsSource(Axis axis, int src, int dst) {
        return (long) (dst - 1) * axis.stride() < src;
    }

    /** Whether it is taken for a convolution to which it applies. */
    static boolean pays(Step step) {
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        long channels = src.extent(1);
        long outputs = dst.extent(1);
        boolean isLong = NativeNetwork.vectorLanes() == LONG_VECTOR;
        return channels >= (isLong ? LEAST_CHANNELS : LEAST_CHANNELS_OF_SHORT_VECTORS)
                && outputs >= LEAST_OUTPUTS
                && channels * outputs >= LEAST_WEIGHTS
                && channels * outputs <= MOST_WEIGHTS
                && !VectorUnits.areWide();
    }
}
