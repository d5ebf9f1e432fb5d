package io.conv4j.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;

/** What an executable owns natively, closed last made first. Not thread-safe; closing is idempotent. */
final class Resources implements AutoCloseable {
    private final Deque<Runnable> releases = new ArrayDeque<>();

    /** Registers how something just made is released. */
    void onClose(Runnable release) {
        releases.push(release);
    }

    @Override
    public void close() {
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
