package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose turn it is to run in a session: everybody's where one run has one thread; where it has several, one after the
 * other, as two runs at a time would only take the processors from each other. Everything happens in the caller's thread.
 */
sealed interface Turn {
    /**
     * Waits for the caller's turn. {@link #end} must follow.
     *
     * @throws Conv4jException on interrupt; then {@code end} must not follow
     */
    void begin();

    /** Ends the caller's turn. */
    void end();

    /** The turns for a mode. */
    static Turn of(Mode mode) {
        return mode == Mode.LATENCY ? new OneByOne(new ReentrantLock()) : new Free();
    }

    /** No waiting. */
    record Free() implements Turn {
        @Override
        public void begin() {}

        @Override
        public void end() {}
    }

    /** One at a time. */
    record OneByOne(ReentrantLock lock) implements Turn {
        @Override
        public void begin() {
            try {
                lock.lockInterruptibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Conv4jException("interrupted while waiting for the run before to end", e);
            }
        }

        @Override
        public void end() {
            lock.unlock();
        }
    }
}
