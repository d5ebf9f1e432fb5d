package io.conv4j.runtime;

import io.conv4j.backend.Backend;

/**
 * Loads what {@link Backends#choose} loads, and the classes that most networks need, in a thread of its own, while a model is
 * being read. What goes wrong is left to be said by {@code choose} and by what is done with the model.
 */
final class Preload implements AutoCloseable, Runnable {
    private final SessionOptions options;
    private final Thread thread;

    private Preload(SessionOptions options) {
        this.options = options;
        this.thread = new Thread(this, "conv4j-preload");
        thread.setDaemon(true);
    }

    /** Begins to load. */
    static Preload begin(SessionOptions options) {
        Preload ahead = new Preload(options);
        ahead.thread.start();
        return ahead;
    }

    /** The back end, loaded. */
    Backend backend() {
        return Backends.choose(options.backend());
    }

    @Override
    public void run() {
        try {
            Rehearsal.once(backend(), options.execution().intraOpThreads());
        } catch (RuntimeException e) {
            System.getLogger("io.conv4j").log(System.Logger.Level.DEBUG, "nothing loaded ahead", e);
        }
    }

    /** Waits for the end, so that no library is loaded behind the caller's back. */
    @Override
    public void close() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
