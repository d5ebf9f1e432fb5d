package io.conv4j.evaluate;

import io.conv4j.Conv4jException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * How many threads a loop may use. Loops run in the caller and, when there is enough to do, in the common pool (or in the
 * caller's own ForkJoinPool), never in more than {@code threads} threads at once. The iterations of a loop are to be
 * independent of each other; results do not depend on the number of threads.
 *
 * @param threads at least 1
 */
public record Workers(int threads) {
    /** Elementary operations below which a second thread costs more than it brings. */
    private static final long WORTH_A_THREAD = 1 << 16;

    /** A part of a loop. */
    @FunctionalInterface
    public interface Range {
        /** Runs iterations from {@code first} up to but without {@code end}. */
        void run(int first, int end);
    }

    /** Checks the number. */
    public Workers {
        if (threads < 1) {
            throw new Conv4jException("threads should be at least 1, got " + threads);
        }
    }

    /** As many as there are processors. */
    public static Workers all() {
        return new Workers(Runtime.getRuntime().availableProcessors());
    }

    /** Runs {@code count} iterations, each of {@code work} elementary operations or so. */
    public void forEach(int count, long work, IntConsumer body) {
        forRanges(count, work, (first, end) -> {
            for (int i = first; i < end; i++) {
                body.accept(i);
            }
        });
    }

    /** The same, a range of iterations at a time, so that what they share is set up once per range. */
    public void forRanges(int count, long work, Range body) {
        long each = Math.max(1, work);
        int grain = (int) Math.min(Math.max(1, WORTH_A_THREAD / each), count);
        if (threads == 1 || count == 0 || count <= grain) {
            body.run(0, count);
            return;
        }
        // Whoever is free takes the next ranges; they become no smaller than is worth the taking.
        int step = Math.max(grain, count / (threads * 8));
        int ranges = (int) ((count + step - 1L) / step);
        AtomicInteger next = new AtomicInteger();
        IntStream.range(0, Math.min(threads, ranges)).parallel().forEach(worker -> {
            for (int range = next.getAndIncrement(); range < ranges; range = next.getAndIncrement()) {
                body.run(range * step, (int) Math.min(count, (range + 1L) * step));
            }
        });
    }
}
