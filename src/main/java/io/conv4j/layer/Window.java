package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
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
        List<Axis> changed = new ArrayList<>();
        for (Axis a : axes) {
            changed.add(new Axis(a.kernel(), stride, a.dilation(), a.padBefore(), a.padAfter()));
        }
        return new Window(changed);
    }

    /** The same dilation on all axes; 1 is dense. */
    public Window dilation(int dilation) {
        List<Axis> changed = new ArrayList<>();
        for (Axis a : axes) {
            changed.add(new Axis(a.kernel(), a.stride(), dilation, a.padBefore(), a.padAfter()));
        }
        return new Window(changed);
    }

    /** The same padding before and after on all axes. */
    public Window pad(int pad) {
        List<Axis> changed = new ArrayList<>();
        for (Axis a : axes) {
            changed.add(a.withPadding(pad, pad));
        }
        return new Window(changed);
    }

    /** Padding that keeps the extent at stride 1 (more after than before where it is odd: ONNX SAME_UPPER). */
    public Window padSame() {
        List<Axis> changed = new ArrayList<>();
        for (Axis a : axes) {
            int total = a.effectiveKernel() - 1;
            changed.add(a.withPadding(total / 2, total - total / 2));
        }
        return new Window(changed);
    }

    /** Kernel extents. */
    public int[] kernel() {
        int[] kernel = new int[rank()];
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = axis(i).kernel();
        }
        return kernel;
    }

    /** Taps in all: the product of the kernel extents. */
    public int taps() {
        return Shape.of(kernel()).elements();
    }

    /** Whether a convolution with this window is a matrix product per element: 1x1, stride 1, no padding. */
    public boolean isPointwise() {
        for (Axis axis : axes) {
            if (!axis.isPointwise()) {
                return false;
            }
        }
        return true;
    }

    /** Whether there is padding on any side. */
    public boolean isPadded() {
        for (Axis axis : axes) {
            if (axis.padBefore() != 0 || axis.padAfter() != 0) {
                return true;
            }
        }
        return false;
    }

    /** Shape [N, channels, spatial…] of a convolution over src. */
    public Shape outputShape(Shape src, int channels) {
        int[] extents = extents(src, channels);
        for (int i = 0; i < rank(); i++) {
            extents[i + 2] = axis(i).outputExtent(src.extent(i + 2));
        }
        return Shape.of(extents);
    }

    /** Shape of a pooling over src that rounds up. */
    public Shape outputShapeCeil(Shape src, int channels) {
        int[] extents = extents(src, channels);
        for (int i = 0; i < rank(); i++) {
            extents[i + 2] = axis(i).outputExtentCeil(src.extent(i + 2));
        }
        return Shape.of(extents);
    }

    /** Shape [N, channels, spatial…] of a transposed convolution over src. */
    public Shape transposedShape(Shape src, int channels, List<Integer> outputPadding) {
        int[] extents = extents(src, channels);
        for (int i = 0; i < rank(); i++) {
            extents[i + 2] = axis(i).transposedExtent(src.extent(i + 2), outputPadding.get(i));
        }
        return Shape.of(extents);
    }

    /** N and channels, with room for the spatial extents. */
    private int[] extents(Shape src, int channels) {
        int[] extents = new int[rank() + 2];
        extents[0] = src.extent(0);
        extents[1] = channels;
        return extents;
    }

    /** Java source of this value. */
    @Override
    public String toString() {
        return "new Window(List.of(" + axes.stream().map(Axis::toString).collect(Collectors.joining(", ")) + "))";
    }
}
