package io.conv4j.benchmark;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Callers of one session, each in a thread of its own and on inputs of its own. What each gets when it calls alone is kept,
 * and every turn must end with the same bits. Used by one thread.
 */
final class Crowd implements AutoCloseable {
    /** Nothing writes all of these by chance: NaN in f32. */
    private static final byte SPOILT = -1;

    private final SharedSession session;
    private final List<Contender> callers = new ArrayList<>();
    private final List<List<ByteBuffer>> wanted = new ArrayList<>();
    private final ExecutorService threads;

    /**
     * How long a turn is.
     *
     * @param seconds until the callers stop
     * @param fewest runs of each caller, whatever they take
     * @param most runs of each caller
     */
    record Length(double seconds, int fewest, int most) {}

    /**
     * One turn.
     *
     * @param nanoseconds of each caller's runs
     */
    record Turn(List<long[]> nanoseconds) {
        /** Of all callers together. */
        double runsPerSecond() {
            return nanoseconds.stream()
                    .mapToDouble(times -> times.length
                            * 1e9
                            / Math.max(1, Arrays.stream(times).sum()))
                    .sum();
        }
    }

    /** Creates a caller for each list of inputs; closes the session with itself. */
    Crowd(SharedSession session, List<List<Tensor>> inputs) {
        this.session = session;
        this.threads = Executors.newFixedThreadPool(inputs.size());
        for (List<Tensor> each : inputs) {
            Contender caller = session.caller(each);
            callers.add(caller);
            spoil(caller);
            caller.run();
            wanted.add(caller.outputs().stream().map(Crowd::copy).toList());
        }
    }

    /**
     * All callers call again and again for some time.
     *
     * @throws Conv4jException if the last result of one is not what it gets alone
     */
    Turn turn(Length length) {
        callers.forEach(Crowd::spoil);
        // Wakes both threads and what the session has; nothing fails later that does not fail here.
        together(callers.stream().<Callable<Integer>>map(Crowd::once).toList());
        CountDownLatch ready = new CountDownLatch(callers.size());
        AtomicInteger measuring = new AtomicInteger(callers.size());
        List<Callable<long[]>> loops = new ArrayList<>();
        for (Contender caller : callers) {
            loops.add(() -> {
                ready.countDown();
                ready.await();
                return repeat(caller, length, measuring);
            });
        }
        List<long[]> times = together(loops);
        requireSame();
        return new Turn(times);
    }

    private static Callable<Integer> once(Contender caller) {
        return () -> {
            caller.run();
            return 1;
        };
    }

    /** Who is done calls on, untimed, until all are: the others' last runs must not have the machine for themselves. */
    private static long[] repeat(Contender caller, Length length, AtomicInteger measuring) {
        long[] times = new long[length.most];
        int runs = 0;
        try {
            long begin = System.nanoTime();
            long end = begin + (long) (length.seconds * 1e9);
            for (long now = begin; runs < length.most && (runs < length.fewest || now < end); ) {
                caller.run();
                long after = System.nanoTime();
                times[runs++] = after - now;
                now = after;
            }
        } finally {
            measuring.decrementAndGet();
        }
        while (measuring.get() > 0) {
            caller.run();
        }
        return Arrays.copyOf(times, runs);
    }

    private <T> List<T> together(List<Callable<T>> tasks) {
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> each : threads.invokeAll(tasks)) {
                results.add(each.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Conv4jException("interrupted while " + callers.get(0).name() + " was measured", e);
        } catch (ExecutionException e) {
            throw new Conv4jException(
                    callers.get(0).name() + " fails with " + callers.size() + " callers: " + e.getCause(), e);
        }
    }

    private void requireSame() {
        for (int i = 0; i < callers.size(); i++) {
            Contender caller = callers.get(i);
            for (int k = 0; k < caller.outputs().size(); k++) {
                if (!caller.outputs().get(k).bytes().equals(wanted.get(i).get(k))) {
                    throw new Conv4jException(caller.name() + ": with " + callers.size() + " callers at a time, caller "
                            + i + " got other bits in output " + k + " than alone");
                }
            }
        }
    }

    private static void spoil(Contender caller) {
        for (Tensor output : caller.outputs()) {
            ByteBuffer bytes = output.bytes();
            while (bytes.hasRemaining()) {
                bytes.put(SPOILT);
            }
        }
    }

    private static ByteBuffer copy(Tensor tensor) {
        return ByteBuffer.allocate(tensor.bytes().remaining())
                .put(tensor.bytes())
                .flip();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        callers.forEach(Contender::close);
        session.close();
    }
}
