package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Context;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded pool of contexts that is at the same time the count of runs in flight: whoever holds a slot keeps the pool's
 * executable alive. Taking and giving back are one compare-and-set each and allocate nothing (a Treiber stack of slot
 * numbers, versioned against ABA). The slot used last is taken first, for warm caches; contexts are made when first needed.
 *
 * <p>Callers that find no slot wait in the order of their coming, interruptibly. Newcomers may overtake them, which spares
 * a switch of threads for each short run, until somebody has waited for {@link #PATIENCE_NANOS}; from then on newcomers
 * queue too.
 */
final class ContextPool {
    static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int EMPTY = -1;
    private static final int CLOSED = -2;

    private final Slot[] slots;
    private final Supplier<Context> creation;
    private final AtomicLong nativeBytes;
    private final Runnable drained;

    /** A version in the upper half; in the lower the number of the top slot, {@link #EMPTY} or {@link #CLOSED}. */
    private final AtomicLong head = new AtomicLong(EMPTY & 0xffffffffL);

    private final AtomicInteger undisposed;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger impatient = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition available = lock.newCondition();

    /** A place for one run at a time; belongs to whoever took it. */
    static final class Slot {
        private final int number;
        private int below;
        private @Nullable Context context;

        private Slot(int number) {
            this.number = number;
        }
    }

    /**
     * Creates a pool without contexts.
     *
     * @param nativeBytes where the bytes of living contexts are counted
     * @param drained called once, when the pool is closed and the last slot has been given back
     */
    ContextPool(int size, Supplier<Context> creation, AtomicLong nativeBytes, Runnable drained) {
        this.slots = new Slot[size];
        this.creation = creation;
        this.nativeBytes = nativeBytes;
        this.drained = drained;
        this.undisposed = new AtomicInteger(size);
        for (int i = 0; i < size; i++) {
            slots[i] = new Slot(i);
            push(slots[i]);
        }
    }

    /**
     * Takes a slot, waiting for one if need be; null if the pool is closed.
     *
     * @throws Conv4jException if the thread is interrupted while it waits; the flag stays set
     */
    @Nullable Slot take() {
        if (impatient.get() == 0) {
            Slot slot = pop();
            if (slot != null || closed()) {
                return slot;
            }
        }
        return queue();
    }

    /** The context of a slot that the caller holds. */
    Context context(Slot slot) {
        Context context = slot.context;
        if (context == null) {
            context = creation.get();
            nativeBytes.addAndGet(context.nativeBytes());
            slot.context = context;
        }
        return context;
    }

    /** Gives a slot back, or disposes of it if the pool has been closed meanwhile. */
    void give(Slot slot) {
        if (!push(slot)) {
            dispose(slot);
        } else if (waiting.get() > 0) {
            wake(false);
        }
    }

    /** Idempotent and does not wait: what is in use is disposed of by whoever gives it back. */
    void close() {
        long seen;
        do {
            seen = head.get();
            if ((int) seen == CLOSED) {
                return;
            }
        } while (!head.compareAndSet(seen, after(seen, CLOSED)));
        try {
            disposeFrom((int) seen);
        } finally {
            wake(true);
        }
    }

    /** One that fails to close does not keep the others open. */
    private void disposeFrom(int top) {
        if (top >= 0) {
            int below = slots[top].below;
            try {
                dispose(slots[top]);
            } finally {
                disposeFrom(below);
            }
        }
    }

    private boolean closed() {
        return (int) head.get() == CLOSED;
    }

    private @Nullable Slot pop() {
        while (true) {
            long seen = head.get();
            int top = (int) seen;
            if (top < 0) {
                return null;
            }
            // May be stale if another thread took the slot just now; then the version has changed and the set fails.
            int below = slots[top].below;
            if (head.compareAndSet(seen, after(seen, below))) {
                return slots[top];
            }
        }
    }

    private boolean push(Slot slot) {
        while (true) {
            long seen = head.get();
            if ((int) seen == CLOSED) {
                return false;
            }
            slot.below = (int) seen;
            if (head.compareAndSet(seen, after(seen, slot.number))) {
                return true;
            }
        }
    }

    private static long after(long seen, int top) {
        return (seen >>> 32) + 1 << 32 | top & 0xffffffffL;
    }

    private @Nullable Slot queue() {
        long since = System.nanoTime();
        boolean counted = false;
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        // Counted before the pool is looked at again, so that whoever gives a slot back sees this one waiting.
        waiting.incrementAndGet();
        try {
            Slot slot = impatient.get() == 0 ? pop() : null;
            while (slot == null && !closed()) {
                available.await();
                slot = pop();
                if (slot == null && !counted && System.nanoTime() - since > PATIENCE_NANOS) {
                    counted = true;
                    impatient.incrementAndGet();
                }
            }
            return slot;
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            if (counted) {
                impatient.decrementAndGet();
            }
            // A signal may have come for more than one slot, or to one who was interrupted: pass it on.
            if (waiting.decrementAndGet() > 0) {
                available.signal();
            }
            lock.unlock();
        }
    }

    private void wake(boolean all) {
        lock.lock();
        try {
            if (all) {
                available.signalAll();
            } else {
                available.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private static Conv4jException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Conv4jException("interrupted while waiting for one of the session's contexts: all are in use", e);
    }

    private void dispose(Slot slot) {
        Context context = slot.context;
        slot.context = null;
        try {
            if (context != null) {
                nativeBytes.addAndGet(-context.nativeBytes());
                context.close();
            }
        } finally {
            if (undisposed.decrementAndGet() == 0) {
                drained.run();
            }
        }
    }
}
