package io.conv4j.runtime;

import io.conv4j.backend.Backend;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.compile.Compiler;
import io.conv4j.graph.Graph;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Compiles and prepares a small network, once in a JVM, for nothing but that the classes it takes are loaded then. Loading
 * them is a large part of the first start of a small network, and can be done by another processor while the model is read.
 * Its convolutions run on kernels of conv4j's own: what oneDNN needs for others would stay in memory, needed or not.
 */
final class Rehearsal {
    private static final int CHANNELS = 32;
    private static final AtomicBoolean DONE = new AtomicBoolean();

    private Rehearsal() {}

    /** Does so for runs of so many threads, unless it has been done or there is no other processor. */
    static void once(Backend backend, int threads) {
        if (Runtime.getRuntime().availableProcessors() > 1 && DONE.compareAndSet(false, true)) {
            run(backend, threads);
        }
    }

    static void run(Backend backend, int threads) {
        // Not as the session's options say, which may want everything measured.
        ExecutionOptions options =
                SessionOptions.defaults().intraOpThreads(threads).execution();
        try (Executable prepared = backend.prepare(Compiler.compile(net(), backend.optimizationLevel()), options)) {
            prepared.newContext().close();
        }
    }

    private static Graph net() {
        return Graph.builder("rehearsal")
                .input("src", Shape.of(1, CHANNELS, 8, 8))
                .convolution(Window.square(3).pad(1), zeros(CHANNELS, CHANNELS, 3, 3), zeros(CHANNELS))
                .batchNormalization(1e-5f, zeros(CHANNELS), zeros(CHANNELS), zeros(CHANNELS), zeros(CHANNELS))
                .relu()
                .convolution(Window.square(1).stride(2), zeros(CHANNELS, CHANNELS, 1, 1), zeros(CHANNELS))
                .relu()
                .output()
                .build();
    }

    private static Tensor zeros(int... extents) {
        return Tensor.zeros(DataType.F32, Shape.of(extents));
    }
}
