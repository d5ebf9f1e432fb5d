package io.conv4j.runtime;

import io.conv4j.backend.Arena;
import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.Support;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A back end that adds 1 to each element and watches its callers: every rule of the contract that is broken is written
 * down in {@link #broken}.
 */
final class FakeBackend implements Backend {
    static final long EXECUTABLE_BYTES = 1000;
    static final long CONTEXT_BYTES = 10;

    final AtomicInteger prepared = new AtomicInteger();
    final AtomicInteger executablesClosed = new AtomicInteger();
    final AtomicInteger contextsMade = new AtomicInteger();
    final AtomicInteger contextsClosed = new AtomicInteger();
    final AtomicInteger runs = new AtomicInteger();
    final AtomicInteger mostAtATime = new AtomicInteger();
    final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    final Queue<String> broken = new ConcurrentLinkedQueue<>();

    /** What happens in the middle of preparing, of making a context, of running and of closing a context. */
    volatile Runnable whilePreparing = () -> {};

    volatile Runnable whileMakingContext = () -> {};
    volatile Runnable whileRunning = () -> {};
    volatile Runnable whileClosingContext = () -> {};

    private final String name;
    private final Availability availability;
    private final AtomicInteger inside = new AtomicInteger();

    FakeBackend() {
        this("fake", Availability.yes("fake 1.0"));
    }

    FakeBackend(String name, Availability availability) {
        this.name = name;
        this.availability = availability;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Availability availability() {
        return availability;
    }

    @Override
    public Support supports(Step step) {
        return Support.YES;
    }

    @Override
    public OptimizationLevel optimizationLevel() {
        return OptimizationLevel.NONE;
    }

    @Override
    public Executable prepare(Plan plan, ExecutionOptions options) {
        threads.add(Thread.currentThread());
        whilePreparing.run();
        prepared.incrementAndGet();
        return new FakeExecutable(plan);
    }

    void expectAllClosed() {
        if (executablesClosed.get() != prepared.get() || contextsClosed.get() != contextsMade.get()) {
            broken.add("prepared " + prepared + ", closed " + executablesClosed + "; contexts made " + contextsMade
                    + ", closed " + contextsClosed);
        }
    }

    private final class FakeExecutable implements Executable {
        private final Plan plan;
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicInteger closes = new AtomicInteger();

        FakeExecutable(Plan plan) {
            this.plan = plan;
        }

        @Override
        public Context newContext() {
            threads.add(Thread.currentThread());
            if (closes.get() > 0) {
                broken.add("context made of a closed executable");
            }
            whileMakingContext.run();
            contextsMade.incrementAndGet();
            open.incrementAndGet();
            return new FakeContext(this);
        }

        @Override
        public List<StepReport> steps() {
            return plan.steps().stream()
                    .map(step -> new StepReport(
                            step.name(),
                            step.word(),
                            step.destination().shape().toString(),
                            step.word().equals("relu") ? "java" : "fake_avx512",
                            "direct",
                            step.word().equals("relu")))
                    .toList();
        }

        @Override
        public Arena arena() {
            return new Arena(3000, 2000);
        }

        @Override
        public int nativeCrossings() {
            return 1;
        }

        @Override
        public long nativeBytes() {
            return EXECUTABLE_BYTES;
        }

        @Override
        public void close() {
            if (open.get() != 0) {
                broken.add("executable closed before its contexts: " + open);
            }
            if (closes.incrementAndGet() > 1) {
                broken.add("executable closed twice");
            }
            executablesClosed.incrementAndGet();
        }
    }

    private final class FakeContext implements Context {
        private final FakeExecutable executable;
        private final AtomicInteger users = new AtomicInteger();
        private volatile boolean closed;

        FakeContext(FakeExecutable executable) {
            this.executable = executable;
        }

        @Override
        public long[] profile(List<Tensor> inputs, List<Tensor> outputs) {
            run(inputs, outputs);
            return executable.steps().stream().mapToLong(step -> 7).toArray();
        }

        @Override
        public void run(List<Tensor> inputs, List<Tensor> outputs) {
            threads.add(Thread.currentThread());
            if (users.incrementAndGet() > 1) {
                broken.add("context used by two threads at a time");
            }
            if (closed) {
                broken.add("closed context run");
            }
            int now = inside.incrementAndGet();
            mostAtATime.accumulateAndGet(now, Math::max);
            try {
                whileRunning.run();
                // Element by element, as taking a buffer would allocate: SessionAllocationTest counts what a run
                // allocates.
                Tensor src = inputs.get(0);
                int elements = src.shape().elements();
                for (int i = 0; i < elements; i++) {
                    outputs.get(0).set(i, src.get(i) + 1);
                }
                runs.incrementAndGet();
            } finally {
                if (closed) {
                    broken.add("context closed during a run");
                }
                inside.decrementAndGet();
                users.decrementAndGet();
            }
        }

        @Override
        public long nativeBytes() {
            return CONTEXT_BYTES;
        }

        @Override
        public void close() {
            if (closed) {
                broken.add("context closed twice");
            }
            closed = true;
            contextsClosed.incrementAndGet();
            executable.open.decrementAndGet();
            whileClosingContext.run();
        }
    }
}
