package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Backend;

/**
 * Loads what {@link Backends#choose} loads in a thread of its own, while a model is being read. What goes wrong is left to
 * be said by {@code choose}.
 */
final class Preload implements AutoCloseable, Runnable {
    private final String name;
    private final Thread thread;

    private Preload(String name) {
        this.name = name;
        this.thread = new Thread(this, "conv4j-preload");
        thread.setDaemon(true);
    }

    /** Begins to load. */
    static Preload begin(String backend) {
        Preload ahead = new Preload(backend);
        ahead.thread.start();
        return ahead;
    }

    /** The back end, loaded. */
    Backend backend() {
        return Backends.choose(name);
    }

    @Override
    public void run() {
        try {
            backend();
        } catch (Conv4jException e) {
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
