package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;

/** Transposed convolutions in the form that {@link AlgorithmChoice} says, or else in whichever has a good primitive. */
final class TransposedConvolutionLowering {
    private TransposedConvolutionLowering() {}

    static boolean lower(ProgramBuilder program, Step step) {
        if (Indirect.computes(program.algorithm())) {
            new Indirect(program, step, Windows.of(step), program.algorithm()).lower();
            return true;
        }
        boolean constant = step.sources().stream().skip(1).allMatch(value -> program.constant(value) != null);
        boolean asConvolution = !program.algorithm().equals(Algorithm.DECONVOLUTION);
        if (asConvolution && SubPixel.of(step).lower(program, step)) {
            return true;
        }
        if (Deconvolution.lower(program, step, false)) {
            return true;
        }
        if (!asConvolution && constant && SubPixel.of(step).lower(program, step)) {
            return true;
        }
        return Deconvolution.lower(program, step, true);
    }
}
