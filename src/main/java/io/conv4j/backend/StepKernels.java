package io.conv4j.backend;

import io.conv4j.compile.Step;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * Runs any single step on row-major tensors: what a back end falls back on, step by step, for what it has no primitive.
 * Safe from any thread; keeps nothing.
 */
@FunctionalInterface
public interface StepKernels {
    /**
     * Runs a step once.
     *
     * @param sources the layer's inputs, in its order
     * @param operands the post-ops' operands, in their order
     * @param destinations written wholly
     * @param threads threads it may use, at least 1
     */
    void run(Step step, List<Tensor> sources, List<Tensor> operands, List<Tensor> destinations, int threads);
}
