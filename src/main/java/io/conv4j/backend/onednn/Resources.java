package io.conv4j.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;

/** What an executable owns natively, closed last made first. Not thread-safe; closing is idempotent. */
final class Resources implements AutoCloseable {
    private final Deque<Runnable> releases = new ArrayDeque<>();
    private final Deque<Runnable> ends = new ArrayDeque<>();

    /** Registers how something just made is released. */
    void onClose(Runnable release) {
        releases.push(release);
    }

    /** Registers how work that uses what is registered, now or later, is brought to its end: before anything is released. */
    void beforeClose(Runnable end) {
        ends.push(end);
    }

    @Override
    public void close() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
