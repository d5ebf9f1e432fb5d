package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.conv4j.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run into the caller's tensors leaves nothing for the garbage collector, in whichever thread it happens. */
class SessionAllocationTest {
    private static final int RUNS = 10_000;

    /** Far below the smallest object, 16 bytes, a run; not 0, as the JVM allocates for itself at times. */
    private static final double BYTES_PER_RUN = 1;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final FakeBackend backend = new FakeBackend();

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void runsMakeNoGarbage(int intraOpThreads) {
        SessionOptions options =
                SessionOptions.throughput().intraOpThreads(intraOpThreads).maxContexts(2);
        try (Session session = Session.open(Fixtures.symbolic(), options, backend)) {
            // A second plan, so that the first is found by looking through the cache as well.
            List<List<Tensor>> from = List.of(List.of(Fixtures.ones(2)), List.of(Fixtures.ones(3)));
            List<List<Tensor>> to = List.of(List.of(Fixtures.zeros(2)), List.of(Fixtures.zeros(3)));
            runAll(session, from, to);
            long nativeBefore = session.nativeBytes();
            int contextsBefore = backend.contextsMade.get();

            long before = allocated();
            runAll(session, from, to);
            double bytesPerRun = (double) (allocated() - before) / RUNS;

            assertThat(bytesPerRun).isLessThan(BYTES_PER_RUN);
            assertThat(session.nativeBytes()).isEqualTo(nativeBefore);
            assertThat(backend.contextsMade).hasValue(contextsBefore);
        }
    }

    @Test
    void garbageWouldBeSeen() {
        long before = allocated(Thread.currentThread());
        Object[] kept = new Object[RUNS];
        for (int i = 0; i < RUNS; i++) {
            kept[i] = new Object();
        }
        assertThat(kept).doesNotContainNull();
        assertThat((double) (allocated(Thread.currentThread()) - before) / RUNS).isGreaterThan(BYTES_PER_RUN);
    }

    private static void runAll(Session session, List<List<Tensor>> from, List<List<Tensor>> to) {
        for (int i = 0; i < RUNS; i++) {
            session.run(from.get(i & 1), to.get(i & 1));
        }
    }

    /** By this thread and every thread in which the back end has been called. */
    private long allocated() {
        long sum = allocated(Thread.currentThread());
        for (Thread thread : backend.threads) {
            if (thread != Thread.currentThread()) {
                sum += allocated(thread);
            }
        }
        return sum;
    }

    private static long allocated(Thread thread) {
        return THREADS.getThreadAllocatedBytes(thread.getId());
    }
}
