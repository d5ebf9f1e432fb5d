package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;

/** A window in oneDNN's terms. */
final class Windows {
    private Windows() {}

    /** Elements that a window may span, be moved by or be padded by along one axis. */
    private static final int FARTHEST = 1 << 15;
    /** Places of one output between two inputs of a transposed convolution, over all axes. */
    private static final long MOST_PLACES = 1 << 14;

    /** The window of a convolution, a transposed one or a pooling. */
    static Window of(Step step) {
        if (step.layer() instanceof TransposedConvolution transposed) {
            return transposed.window();
        }
        return step.layer() instanceof Pooling pooling ? pooling.window() : ((Convolution) step.layer()).window();
    }

    /**
     * Why a window is not for oneDNN; empty if it is. Its generated code keeps distances in 32 bits, whatever is in the
     * padding, and its transposed convolutions look at each place between two inputs one by one before they run: 3.11 was
     * seen to crash and to hang on windows that no network has.
     *
     * @param src the tensor that the window moves over: the one with the larger distances
     */
    static String reasonAgainst(Window window, Shape src, boolean transposed) {
        long places = 1;
        long below = (long) Float.BYTES * src.extent(1);
        for (int i = window.rank() - 1; i >= 0; i--) {
            Axis axis = window.axis(i);
            long farthest = Math.max(
                    Math.max(axis.effectiveKernel(), axis.stride()), Math.max(axis.padBefore(), axis.padAfter()));
            if (farthest > FARTHEST || farthest * below > Integer.MAX_VALUE) {
                return "a window that reaches " + farthest + " elements";
            }
            below *= src.extent(i + 2);
            places *= Math.max(axis.stride(), axis.dilation());
        }
        return transposed && places > MOST_PLACES ? "strides or dilations of " + places + " places" : "";
    }

    /** Of the elements that the windows of a step see, the part that exists, not in padding. */
    static double inside(Step step, Window window) {
        double inside = 1;
        for (int i = 0; i < window.rank(); i++) {
            inside *= inside(step, window, i);
        }
        return inside;
    }

    /** The same along an axis. */
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

    static long[] kernel(Window window) {
        long[] kernel = new long[window.rank()];
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = window.axis(i).kernel();
        }
        return kernel;
    }

    static long[] strides(Window window) {
        long[] strides = new long[window.rank()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = window.axis(i).stride();
        }
        return strides;
    }

    /** oneDNN counts the elements between taps: one less than everybody else. The only place that knows. */
    static long[] dilations(Window window) {
        long[] dilations = new long[window.rank()];
        for (int i = 0; i < dilations.length; i++) {
            dilations[i] = window.axis(i).dilation() - 1L;
        }
        return dilations;
    }

    static long[] padsBefore(Window window) {
        long[] pads = new long[window.rank()];
        for (int i = 0; i < pads.length; i++) {
            pads[i] = window.axis(i).padBefore();
        }
        return pads;
    }

    static long[] padsAfter(Window window) {
        long[] pads = new long[window.rank()];
        for (int i = 0; i < pads.length; i++) {
            pads[i] = window.axis(i).padAfter();
        }
        return pads;
    }
}
