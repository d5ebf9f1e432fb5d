package io.conv4j.layer;

import io.conv4j.Conv4jException;

/**
 * One spatial axis of a sliding window: kernel taps, stride, dilation (1 is dense, as in ONNX and PyTorch; oneDNN's is one
 * less) and padding before and after, all in elements. The home of all extent arithmetic. Prints as its own constructor
 * call, so that a failing case can be pasted into a test.
 *
 * @param kernel taps, at least 1
 * @param stride step between windows (convolution) or between inputs (transposed convolution), at least 1
 * @param dilation distance between taps, at least 1; a kernel of one tap has 1 whatever is given
 * @param padBefore zeros before the first element; for a transposed convolution, elements cut there
 * @param padAfter zeros after the last element; likewise
 */
public record Axis(int kernel, int stride, int dilation, int padBefore, int padAfter) {
    /** Checks the ranges. */
    public Axis {
        if (kernel < 1 || stride < 1 || dilation < 1 || padBefore < 0 || padAfter < 0) {
            throw new Conv4jException("kernel, stride and dilation are at least 1, pads at least 0; got kernel "
                    + kernel
                    + ", stride " + stride + ", dilation " + dilation + ", padBefore " + padBefore + ", padAfter "
                    + padAfter);
        }
        long effective = (long) dilation * (kernel - 1) + 1;
        if (effective > Integer.MAX_VALUE) {
            throw new Conv4jException("kernel " + kernel + " with dilation " + dilation + " is too wide");
        }
        // One tap has no distance to another; kept as 1, two axes that do the same are equal.
        dilation = kernel == 1 ? 1 : dilation;
    }

    /** A dense, unpadded window of stride 1. */
    public static Axis of(int kernel) {
        return new Axis(kernel, 1, 1, 0, 0);
    }

    /** Elements from the first tap to the last: d(k−1)+1. */
    public int effectiveKernel() {
        return dilation * (kernel - 1) + 1;
    }

    /**
     * Output elements of a convolution or pooling: ⌊(i+pb+pa−d(k−1)−1)/s⌋+1 (Dumoulin and Visin, <i>A guide to convolution
     * arithmetic for deep learning</i>, relationship 6, with dilation).
     *
     * @throws Conv4jException if the window is wider than the padded input
     */
    public int outputExtent(int input) {
        long room = room(input);
        return Math.toIntExact(room / stride + 1);
    }

    /**
     * Output elements of a pooling that rounds up: ⌈(i+pb+pa−d(k−1)−1)/s⌉+1, less one if the last window would start in
     * the padding after the input (ONNX {@code ceil_mode}, PyTorch's rule).
     */
    public int outputExtentCeil(int input) {
        long extent = (room(input) + stride - 1) / stride + 1;
        return Math.toIntExact((extent - 1) * stride >= (long) input + padBefore ? extent - 1 : extent);
    }

    private long room(int input) {
        long padded = (long) input + padBefore + padAfter;
        if (padded > Integer.MAX_VALUE) {
            throw new Conv4jException("an input of " + input + " padded by " + padBefore + " and " + padAfter
                    + " is longer than " + Integer.MAX_VALUE + " elements: " + this);
        }
        long room = padded - effectiveKernel();
        if (room < 0) {
            throw new Conv4jException("window of " + effectiveKernel() + " is wider than the input of " + input
                    + " padded by " + padBefore + " and " + padAfter + ": " + this);
        }
        return room;
    }

    /**
     * Output elements of a transposed convolution: s(i−1)+d(k−1)+1−pb−pa+op (ONNX ConvTranspose, PyTorch
     * ConvTranspose2d).
     *
     * @throws Conv4jException if that is less than one
     */
    public int transposedExtent(int input, int outputPadding) {
        long whole = (long) stride * (input - 1) + effectiveKernel() + outputPadding;
        long extent = whole - padBefore - padAfter;
        if (input < 1 || extent < 1 || whole > Integer.MAX_VALUE) {
            throw new Conv4jException("transposed convolution of " + input + " elements with " + this
                    + " and output padding " + outputPadding + " has " + extent + " output elements of " + whole
                    + "; from 1 to " + Integer.MAX_VALUE + " can be");
        }
        return (int) extent;
    }

    /** Input element read by a tap of a window; outside the input where it lies in the padding. */
    public int inputIndex(int output, int tap) {
        return output * stride + tap * dilation - padBefore;
    }

    /** Output element written by a tap of a transposed convolution; outside the output where it is cut. */
    public int transposedIndex(int input, int tap) {
        return input * stride + tap * dilation - padBefore;
    }

    /** Whether the axis does nothing but copy: one tap, stride 1, no padding. */
    public boolean isPointwise() {
        return kernel == 1 && stride == 1 && padBefore == 0 && padAfter == 0;
    }

    /** This axis with other padding. */
    public Axis withPadding(int before, int after) {
        return new Axis(kernel, stride, dilation, before, after);
    }

    /** Java source of this value. */
    @Override
    public String toString() {
        return "new Axis(" + kernel + ", " + stride + ", " + dilation + ", " + padBefore + ", " + padAfter + ")";
    }
}
