package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A sliding window over one, two or three spatial axes (W; H, W; D, H, W). Immutable; the with-ers return a new one:
 * {@code Window.square(3).stride(2).pad(1)}.
 */
public record Window(List<Axis> axes) {
    /** Checks the number of axes. */
    public Window {
        axes = List.copyOf(axes);
        if (axes.isEmpty() || axes.size() > 3) {
            throw new Conv4jException("a window has 1, 2 or 3 axes, got " + axes.size());
        }
    }

    /** A dense, unpadded window of stride 1 with these kernel extents. */
    public static Window of(int... kernel) {
        List<Axis> axes = new ArrayList<>();
        for (int extent : kernel) {
            axes.add(Axis.of(extent));
        }
        return new Window(axes);
    }

    /** A k×k window: {@code Window.square(3)}. */
    public static Window square(int kernel) {
        return of(kernel, kernel);
    }

    /** Number of spatial axes. */
    public int rank() {
        return axes.size();
    }

    /** One axis, outermost first. */
    public Axis axis(int index) {
        return axes.get(index);
    }

    /** The same stride on all axes. */
    public Window stride(int stride) {
        return map(a -> new Axis(a.kernel(), stride, a.dilation(), a.padBefore(), a.padAfter()));
    }

    /** The same dilation on all axes; 1 is dense. */
    public Window dilation(int dilation) {
        return map(a -> new Axis(a.kernel(), a.stride(), dilation, a.padBefore(), a.padAfter()));
    }

    /** The same padding before and after on all axes. */
    public Window pad(int pad) {
        return map(a -> a.withPadding(pad, pad));
    }

    /** Padding that keeps the extent at stride 1 (more after than before where it is odd: ONNX SAME_UPPER). */
    public Window padSame() {
        return map(a -> {
            int total = a.effectiveKernel() - 1;
            return a.withPadding(total / 2, total - total / 2);
        });
    }

    private Window map(UnaryOperator<Axis> change) {
        return new Window(axes.stream().map(change).toList());
    }

    /** Kernel extents. */
    public int[] kernel() {
        return axes.stream().mapToInt(Axis::kernel).toArray();
    }

    /** Taps in all: the product of the kernel extents. */
    public int taps() {
        return Shape.of(kernel()).elements();
    }

    /** Whether a convolution with this window is a matrix product per element: 1x1, stride 1, no padding. */
    public boolean isPointwise() {
        return axes.stream().allMatch(Axis::isPointwise);
    }

    /** Shape [N, channels, spatial…] of a convolution over src. */
    public Shape outputShape(Shape src, int channels) {
        return shape(src, channels, (axis, input, i) -> axis.outputExtent(input));
    }

    /** Shape of a pooling over src that rounds up. */
    public Shape outputShapeCeil(Shape src, int channels) {
        return shape(src, channels, (axis, input, i) -> axis.outputExtentCeil(input));
    }

    /** Shape [N, channels, spatial…] of a transposed convolution over src. */
    public Shape transposedShape(Shape src, int channels, List<Integer> outputPadding) {
        return shape(src, channels, (axis, input, i) -> axis.transposedExtent(input, outputPadding.get(i)));
    }

    private interface ExtentRule {
        int extent(Axis axis, int input, int index);
    }

    private Shape shape(Shape src, int channels, ExtentRule rule) {
        int[] extents = new int[rank() + 2];
        extents[0] = src.extent(0);
        extents[1] = channels;
        for (int i = 0; i < rank(); i++) {
            extents[i + 2] = rule.extent(axis(i), src.extent(i + 2), i);
        }
        return Shape.of(extents);
    }

    /** Java source of this value. */
    @Override
    public String toString() {
        return "new Window(List.of(" + axes.stream().map(Axis::toString).collect(Collectors.joining(", ")) + "))";
    }
}
