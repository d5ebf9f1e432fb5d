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

    /** Native bytes held. */
    long nativeBytes();

    @Override
    void close();
}
