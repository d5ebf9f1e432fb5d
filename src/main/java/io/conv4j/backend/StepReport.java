package io.conv4j.backend;

/**
 * What runs a step.
 *
 * @param name the node's name, or what the back end inserted
 * @param layer what is computed: {@code Convolution+relu}
 * @param shape what is written
 * @param implementation what the library calls it ({@code brg_conv_fwd:avx512_core}); {@code java} for a Java kernel
 * @param algorithm how the step is computed: {@code direct}, {@code matmul}, {@code sub-pixel}, …
 * @param measured what the choice of the algorithm rests on: {@code measured} or {@code tuning file}, and the microseconds
 *     of each algorithm that was tried; empty if it was made by rule or there was none
 * @param slow whether it is a reference implementation or a Java kernel amid native steps
 */
public record StepReport(
        String name,
        String layer,
        String shape,
        String implementation,
        String algorithm,
        String measured,
        boolean slow) {
    /** Without a choice by measurement. */
    public StepReport(String name, String layer, String shape, String implementation, String algorithm, boolean slow) {
        this(name, layer, shape, implementation, algorithm, "", slow);
    }

    /** With what the choice rests on. */
    public StepReport measured(String times) {
        return new StepReport(name, layer, shape, implementation, algorithm, times, slow);
    }
}
