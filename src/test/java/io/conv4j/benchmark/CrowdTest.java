package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CrowdTest {
    private static final Crowd.Length SHORT = new Crowd.Length(0, 4, 10);

    /** Each caller copies its input; the session notes who calls from where. */
    private static final class Copying implements SharedSession {
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        private final AtomicInteger open = new AtomicInteger(1);
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger mostRunning = new AtomicInteger();
        /** Given the number of the run before it ends. */
        private final IntConsumer during;

        private final AtomicInteger runs = new AtomicInteger();

        Copying(IntConsumer during) {
            this.during = during;
        }

        @Override
        public Contender caller(List<Tensor> inputs) {
            open.incrementAndGet();
            Tensor output = Tensor.zeros(inputs.get(0).type());
            return new Caller("copying", List.of(output), () -> run(inputs.get(0), output), open::decrementAndGet);
        }

        private void run(Tensor input, Tensor output) {
            threads.add(Thread.currentThread());
            mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
            output.set(0, input.get(0));
            during.accept(runs.incrementAndGet());
            running.decrementAndGet();
        }

        @Override
        public void close() {
            open.decrementAndGet();
        }
    }

    private static List<List<Tensor>> inputs(int callers) {
        return Collections.nCopies(callers, List.of(Tensor.of(Shape.of(1), new float[] {7})));
    }

    private static void pause(int run) {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted in run " + run, e);
        }
    }

    @Test
    void callsFromAThreadForEachAndClosesWhatItOpened() {
        Copying session = new Copying(CrowdTest::pause);
        try (Crowd crowd = new Crowd(session, inputs(3))) {
            session.threads.clear();
            Crowd.Turn turn = crowd.turn(SHORT);

            assertThat(session.threads).hasSize(3).doesNotContain(Thread.currentThread());
            assertThat(session.mostRunning.get()).isEqualTo(3);
            assertThat(turn.nanoseconds()).hasSize(3).allSatisfy(times -> assertThat(times)
                    .hasSize(4));
            assertThat(turn.runsPerSecond()).isPositive().isLessThan(3 * 1000);
        }
        assertThat(session.open.get()).isZero();
    }

    @Test
    void stopsAfterTheMostRunsWhateverTheTime() {
        try (Crowd crowd = new Crowd(new Copying(run -> {}), inputs(2))) {
            assertThat(crowd.turn(new Crowd.Length(1e6, 1, 10)).nanoseconds())
                    .hasSize(2)
                    .allSatisfy(times -> assertThat(times).hasSize(10));
        }
    }

    @Test
    void refusesResultsThatACallerDoesNotGetAlone() {
        Tensor input = inputs(1).get(0).get(0);
        Copying session = new Copying(run -> {
            if (run == 2) {
                input.set(0, 8);
            }
        });
        try (Crowd crowd = new Crowd(session, List.of(List.of(input)))) {
            assertThatThrownBy(() -> crowd.turn(SHORT))
                    .isInstanceOf(Conv4jException.class)
                    .hasMessageContaining("copying: with 1 callers at a time, caller 0 got other bits in output 0");
        }
    }

    /** The third run is of the two callers alone, before the turn; the sixth is amid the loops. */
    @Test
    void endsWhenACallerFails() {
        for (int failing : List.of(3, 6)) {
            Copying session = new Copying(run -> {
                if (run == failing) {
                    throw new IllegalStateException("run " + run);
                }
            });
            try (Crowd crowd = new Crowd(session, inputs(2))) {
                assertThatThrownBy(() -> crowd.turn(SHORT))
                        .isInstanceOf(Conv4jException.class)
                        .hasMessageContaining("copying fails with 2 callers")
                        .hasMessageContaining("run " + failing);
            }
        }
    }
}
