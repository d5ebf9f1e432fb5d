package io.conv4j.backend.onednn;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Packs constants one after the other, in the order in which they were added, in a thread of its own while the thread that
 * adds them lowers further steps; at once where a plan may use one thread only. Added to, awaited and stopped by one thread.
 */
final class PackingQueue {
    /** Fewer bytes are packed by one thread: others would stay awake between one constant and the next, for little. */
    private static final long LARGE = 2 << 20;

    private final int threads;
    private final PlainWeights plainWeights = new PlainWeights();
    private @Nullable ExecutorService executor;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

    /** How many threads pack a large constant: one less than there are while somebody lowers. */
    private volatile int packers;

    private volatile boolean stopped;

    /** Nothing has a thread before something is added. */
    PackingQueue(int threads) {
        this.threads = threads;
        this.packers = threads - 1;
    }

    /** One constant, or a part of it, to be packed. */
    private record Job(PackingQueue queue, Buffer constant, long offset, long bytes, Packing packing)
            implements Runnable {
        @Override
        public void run() {
            if (queue.stopped) {
                return;
            }
            if (queue.threads > 1) {
                // oneDNN counts threads by thread.
                NativeNetwork.setThreads(bytes < LARGE ? 1 : queue.packers);
            }
            packing.run(queue.plainWeights.addressOf(constant, offset, bytes));
        }
    }

    /**
     * Packs so many bytes of a constant, from an offset on. What they are packed into must live until the queue has been
     * awaited or stopped.
     */
    void add(Buffer constant, long offset, long bytes, Packing packing) {
        Job job = new Job(this, constant, offset, bytes, packing);
        if (executor == null && threads > 1) {
            executor = Executors.newSingleThreadExecutor(PackingQueue::thread);
        }
        if (executor == null) {
            job.run();
        } else {
            last = last.thenRunAsync(job, executor);
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "conv4j-packing");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Returns when all is packed, and releases the plain numbers; the caller's processor is the packers' until then. Throws
     * what packing threw: nothing that was added later is packed then.
     */
    void await() {
        packers = threads;
        try {
            last.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        } finally {
            release();
        }
    }

    /** Returns when nothing is being packed any more; what has not been packed never is. Idempotent. */
    void stop() {
        stopped = true;
        last.exceptionally(failure -> null).join();
        release();
    }

    private void release() {
        ExecutorService behind = executor;
        if (behind != null) {
            behind.shutdown();
            executor = null;
        }
        plainWeights.close();
    }
}
