package io.conv4j.backend;

import io.conv4j.tensor.Tensor;
import java.util.List;

/** The changing state of one run at a time. Not thread-safe; may be used by one thread after another. */
public interface Context extends AutoCloseable {
    /**
     * Runs the plan once. Reads all inputs, writes all outputs wholly; allocates nothing native.
     *
     * @param inputs in the plan's order and of its types, not checked here
     * @param outputs likewise; the memory must not overlap
     */
    void run(List<Tensor> inputs, List<Tensor> outputs);

    /**
     * Runs the plan once and measures each step.
     *
     * @return nanoseconds, one for each of {@link Executable#steps()}
     */
    long[] profile(List<Tensor> inputs, List<Tensor> outputs);

    /** Native bytes held. */
    long nativeBytes();

    @Override
    void close();
}
