package io.conv4j.backend;

import java.util.List;

/**
 * A prepared plan. Immutable and safe from any thread; what changes during a run lives in a {@link Context}. Contexts are
 * to be closed before the executable; closing is idempotent.
 */
public interface Executable extends AutoCloseable {
    /** Allocates what one run at a time needs. */
    Context newContext();

    /** What runs each step, in order, including what the back end inserted. */
    List<StepReport> steps();

    /** How often one run crosses from Java to native code. */
    int nativeCrossings();

    /** The arena that each context has. */
    Arena arena();

    /** Native bytes held, contexts excepted. */
    long nativeBytes();

    @Override
    void close();
}
