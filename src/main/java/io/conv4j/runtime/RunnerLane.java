package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Context;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything in one daemon thread, one thing after the other, so that there is one team of OpenMP threads however many
 * threads the application has. A request is handed over through fields, without allocation; both sides spin briefly, then
 * park. The thread knows nothing of the session, so that a forgotten session can be collected.
 */
final class RunnerLane implements Lane {
    /** Shorter than the waking of a thread, so that spinning costs a busy machine little. */
    private static final long SPIN_NANOS =
            Runtime.getRuntime().availableProcessors() > 1 ? TimeUnit.MICROSECONDS.toNanos(20) : 0;

    private enum State {
        IDLE,
        REQUESTED,
        DONE,
        STOPPED
    }

    private final ReentrantLock turn = new ReentrantLock();
    private final Thread runner;
    private volatile State state = State.IDLE;
    private volatile boolean runnerParked;
    private volatile boolean callerParked;

    // The request: written by the one whose turn it is before REQUESTED, by the runner before DONE.
    private @Nullable Thread caller;
    private @Nullable Supplier<?> creation;
    private @Nullable Context context;
    private @Nullable List<Tensor> inputs;
    private @Nullable List<Tensor> outputs;
    private @Nullable Object made;
    private @Nullable Throwable failure;

    RunnerLane(String name) {
        runner = new Thread(this::serve, name);
        runner.setDaemon(true);
        runner.start();
    }

    @Override
    @SuppressWarnings("unchecked") // made by the creation that is given
    public <T> T make(Supplier<T> wanted) {
        lockTurn();
        try {
            creation = wanted;
            handOver();
            T result = (T) Objects.requireNonNull(made);
            made = null;
            return result;
        } finally {
            turn.unlock();
        }
    }

    @Override
    public void run(Context with, List<Tensor> from, List<Tensor> to) {
        lockTurn();
        try {
            context = with;
            inputs = from;
            outputs = to;
            handOver();
        } finally {
            turn.unlock();
        }
    }

    @Override
    public void stop() {
        state = State.STOPPED;
        LockSupport.unpark(runner);
    }

    private void lockTurn() {
        try {
            turn.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Conv4jException("interrupted while waiting for the run before to end", e);
        }
    }

    private void handOver() {
        caller = Thread.currentThread();
        state = State.REQUESTED;
        if (runnerParked) {
            LockSupport.unpark(runner);
        }
        awaitDone();
        Throwable thrown = failure;
        failure = null;
        state = State.IDLE;
        if (thrown != null) {
            throw withCallersStack(thrown);
        }
    }

    /** Not interruptible: the runner is using the caller's tensors. */
    private void awaitDone() {
        boolean interrupted = false;
        if (!spinUntil(State.DONE)) {
            callerParked = true;
            while (state != State.DONE) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            callerParked = false;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve() {
        while (awaitRequest()) {
            try {
                perform();
            } catch (Throwable e) { // kept and thrown again in the caller's thread
                failure = e;
            }
            creation = null;
            context = null;
            inputs = null;
            outputs = null;
            Thread waiting = caller;
            caller = null;
            state = State.DONE;
            if (callerParked) {
                LockSupport.unpark(waiting);
            }
        }
    }

    private void perform() {
        if (creation != null) {
            made = creation.get();
        } else if (context != null && inputs != null && outputs != null) {
            context.run(inputs, outputs);
        }
    }

    /** False if the lane has been stopped. */
    private boolean awaitRequest() {
        if (!spinUntil(State.REQUESTED)) {
            runnerParked = true;
            while (state != State.REQUESTED && state != State.STOPPED) {
                LockSupport.park(this);
            }
            runnerParked = false;
        }
        return state != State.STOPPED;
    }

    private boolean spinUntil(State wanted) {
        long since = System.nanoTime();
        do {
            for (int i = 0; i < 16; i++) {
                if (state == wanted) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - since < SPIN_NANOS);
        return false;
    }

    /** The exception itself, so that its type is kept, with the caller's frames below the runner's. */
    private static RuntimeException withCallersStack(Throwable thrown) {
        StackTraceElement[] there = thrown.getStackTrace();
        StackTraceElement[] here = new Throwable().getStackTrace();
        StackTraceElement[] both = new StackTraceElement[there.length + 1 + here.length];
        System.arraycopy(there, 0, both, 0, there.length);
        both[there.length] = new StackTraceElement(
                RunnerLane.class.getName(),
                "handedOverBy",
                Thread.currentThread().getName(),
                -1);
        System.arraycopy(here, 0, both, there.length + 1, here.length);
        thrown.setStackTrace(both);
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException unchecked
                ? unchecked
                : new Conv4jException("a run failed: " + thrown, thrown);
    }
}
