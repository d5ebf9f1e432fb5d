package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.Shape;

/** Transposed convolutions; the choice among their algorithms is made here and nowhere else. */
final class TransposedConvolutionLowering {
    /** With fewer output channels in a group oneDNN's deconvolution leaves vectors half empty. */
    private static final int FULL_VECTOR = 16;

    /** What a level-2 cache surely holds: the pixels of a larger dst would have to be fetched again to be shuffled. */
    private static final long CACHED_BYTES = 512 << 10;

    private TransposedConvolutionLowering() {}

    static boolean lower(ProgramBuilder program, Step step) {
        TransposedConvolution layer = (TransposedConvolution) step.layer();
        boolean unitStride = layer.window().axes().stream().allMatch(axis -> axis.stride() == 1);
        SubPixel subPixel = SubPixel.of(program, step);
        if (subPixel != null && unitStride) {
            return subPixel.lower(program, step, "flipped convolution");
        }
        if (subPixel != null && shufflesCheaply(step) && subPixel.lower(program, step, "sub-pixel convolution")) {
            return true;
        }
        if (Deconvolution.lower(program, step, false)) {
            return true;
        }
        if (subPixel != null && subPixel.lower(program, step, "sub-pixel convolution")) {
            return true;
        }
        return Deconvolution.lower(program, step, true);
    }

    /**
     * Whether an ordinary convolution and a shuffle of its pixels beat oneDNN's deconvolution, by measurement of layers of
     * DCGAN, FSRCNN and U-Net.
     */
    private static boolean shufflesCheaply(Step step) {
        Shape dst = step.destination().shape();
        int outputs = step.sources().get(1).shape().extent(1);
        return outputs < FULL_VECTOR || dst.elements() <= CACHED_BYTES / Float.BYTES;
    }
}
