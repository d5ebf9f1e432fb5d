package io.conv4j.backend;

import io.conv4j.compile.Step;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * Runs the steps of one context on row-major tensors, with memory of its own between them. Used by one thread at a time;
 * closed with the context.
 */
public interface ContextKernels extends AutoCloseable {
    /**
     * Runs a step once.
     *
     * @param sources the layer's inputs, in its order
     * @param operands the post-ops' operands, in their order
     * @param destinations written wholly
     */
    void run(Step step, List<Tensor> sources, List<Tensor> operands, List<Tensor> destinations);

    /** Native bytes held. */
    long nativeBytes();

    @Override
    void close();

    /** Kernels that keep nothing. */
    static ContextKernels of(StepKernels kernels, int threads) {
        return new ContextKernels() {
            @Override
            public void run(Step step, List<Tensor> sources, List<Tensor> operands, List<Tensor> destinations) {
                kernels.run(step, sources, operands, destinations, threads);
            }

            @Override
            public long nativeBytes() {
                return 0;
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }
}
