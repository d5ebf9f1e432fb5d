package io.conv4j.backend;

import java.util.List;

/**
 * What runs a step.
 *
 * @param name the node's name, or what the back end inserted
 * @param layer what is computed: {@code Convolution+relu}
 * @param shape what is written
 * @param implementation what the library calls it ({@code brg_conv_fwd:avx512_core}); {@code java} for a Java kernel
 * @param algorithm how the step is computed: {@code direct}, {@code matmul}, {@code sub-pixel}, …
 * @param measured what the choice of the algorithm rests on: {@code measured} or {@code tuning file}, and the microseconds
 *     of each algorithm that was tried; nothing if it was made by rule or there was none. Before that {@code kept in f32} if
 *     the step is not in the precision that was asked for
 * @param slow whether it is a reference implementation or a Java kernel amid native steps
 * @param with the names of further nodes that are computed in the same step
 */
public record StepReport(
        String name,
        String layer,
        String shape,
        String implementation,
        String algorithm,
        String measured,
        boolean slow,
        List<String> with) {
    /** Copies the list. */
    public StepReport {
        with = List.copyOf(with);
    }

    /** Of one node, without a choice by measurement. */
    public StepReport(String name, String layer, String shape, String implementation, String algorithm, boolean slow) {
        this(name, layer, shape, implementation, algorithm, "", slow, List.of());
    }

    /** With what the choice rests on. */
    public StepReport measured(String times) {
        return new StepReport(name, layer, shape, implementation, algorithm, times, slow, with);
    }

    /** With further nodes. */
    public StepReport with(List<String> others) {
        return new StepReport(name, layer, shape, implementation, algorithm, measured, slow, others);
    }
}
