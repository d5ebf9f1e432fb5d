package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.TransposedConvolution;

/** Transposed convolutions; the choice among their algorithms is made here and nowhere else. */
final class TransposedConvolutionLowering {
    private TransposedConvolutionLowering() {}

    static boolean lower(ProgramBuilder program, Step step) {
        TransposedConvolution layer = (TransposedConvolution) step.layer();
        boolean unitStride = layer.window().axes().stream().allMatch(axis -> axis.stride() == 1);
        // brg_deconv is good for dense strided kernels with enough channels in a group; with the weights known, a
        // convolution over the un-strided grid is as good or better everywhere else.
        SubPixel subPixel = SubPixel.of(program, step);
        if (subPixel != null && unitStride) {
            return subPixel.lower(program, step, "flipped convolution");
        }
        if (Deconvolution.lower(program, step, false)) {
            return true;
        }
        if (subPixel != null && subPixel.lower(program, step, "sub-pixel convolution")) {
            return true;
        }
        return Deconvolution.lower(program, step, true);
    }
}
