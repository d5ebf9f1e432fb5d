package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Closing and evicting under those who run: nothing in use is freed, nothing is left over. */
@Timeout(60)
class SessionClosingTest {
    private static final List<SessionOptions> BOTH_MODES = List.of(Fixtures.throughput(3), Fixtures.latency());

    private final FakeBackend backend = new FakeBackend();

    @AfterEach
    void contractWasKept() {
        backend.expectAllClosed();
        assertThat(backend.broken).isEmpty();
    }

    @Test
    void whileEightThreadsRun() throws Exception {
        for (int round = 0; round < 40; round++) {
            Session session = Session.open(Fixtures.symbolic(), BOTH_MODES.get(round % 2), backend);
            CountDownLatch running = new CountDownLatch(8);
            List<FutureTask<String>> tasks = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                int n = 1 + thread % 3;
                tasks.add(start(() -> runUntilClosed(session, n, running)));
            }
            if (round % 4 < 2) {
                running.await();
            }
            session.close();
            session.close();
            for (FutureTask<String> task : tasks) {
                assertThat(task.get()).isEqualTo("session 'symbolic' is closed");
            }
            assertThat(session.nativeBytes()).isZero();
            backend.expectAllClosed();
        }
    }

    private static String runUntilClosed(Session session, int n, CountDownLatch running) {
        Tensor src = Fixtures.ones(n);
        Tensor dst = Fixtures.zeros(n);
        try {
            while (true) {
                dst.set(0, Double.NaN);
                session.run(List.of(src), List.of(dst));
                if (dst.get(0) != 2) {
                    return "wrong result " + dst.get(0);
                }
                running.countDown();
            }
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void waitsForNobodyAndFreesAfterTheLastRun() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            Gate gate = new Gate();
            backend.whileRunning = gate;
            Session session = Session.open(Fixtures.fixed(), options, backend);
            FutureTask<Tensor> inside = start(() -> session.run(Fixtures.ones(2)));
            gate.awaitSomebody();
            session.close();
            assertThat(session.nativeBytes()).as("in use").isPositive();
            assertThatThrownBy(() -> session.run(Fixtures.ones(2))).isInstanceOf(IllegalStateException.class);

            gate.open();
            assertThat(inside.get().toFloats()).containsOnly(2);
            assertThat(session.nativeBytes()).isZero();
        }
    }

    @Test
    void wakesThoseWhoWaitForAContext() throws Exception {
        Gate gate = new Gate();
        backend.whileRunning = gate;
        Session session = Session.open(Fixtures.fixed(), Fixtures.throughput(1), backend);
        FutureTask<Tensor> inside = start(() -> session.run(Fixtures.ones(2)));
        gate.awaitSomebody();
        FutureTask<Tensor> waiting = new FutureTask<>(() -> session.run(Fixtures.ones(2)));
        Thread thread = new Thread(waiting);
        thread.start();
        while (thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        session.close();
        assertThatThrownBy(waiting::get).cause().isInstanceOf(IllegalStateException.class);
        gate.open();
        assertThat(inside.get().toFloats()).containsOnly(2);
    }

    @Test
    void whileAPlanIsBeingCompiled() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            Gate gate = new Gate();
            backend.whilePreparing = gate;
            Session session = Session.open(Fixtures.symbolic(), options, backend);
            FutureTask<Tensor> compiling = start(() -> session.run(Fixtures.ones(2)));
            gate.awaitSomebody();
            session.close();
            gate.open();
            assertThatThrownBy(compiling::get)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("session 'symbolic' is closed");
            assertThat(session.nativeBytes()).isZero();
        }
    }

    @Test
    void anEvictedPlanLivesUntilItsLastRun() throws Exception {
        Gate gate = new Gate();
        try (Session session =
                Session.open(Fixtures.symbolic(), Fixtures.throughput(2).planCacheCapacity(1), backend)) {
            backend.whileRunning = gate;
            FutureTask<Tensor> inside = start(() -> session.run(Fixtures.ones(1)));
            gate.awaitSomebody();
            backend.whileRunning = () -> {};

            assertThat(session.run(Fixtures.ones(2)).toFloats()).containsOnly(2);
            assertThat(backend.executablesClosed).as("evicted, but in use").hasValue(0);
            gate.open();
            assertThat(inside.get().toFloats()).containsOnly(2);
            assertThat(backend.executablesClosed).hasValue(1);
            assertThat(session.nativeBytes()).isEqualTo(FakeBackend.EXECUTABLE_BYTES + FakeBackend.CONTEXT_BYTES);
        }
    }

    @Test
    void freesTheRestWhenAContextFailsToClose() {
        Session session = Session.open(Fixtures.fixed(), Fixtures.throughput(1), backend);
        backend.whileClosingContext = () -> {
            throw new Conv4jException("the arena is lost");
        };
        assertThatThrownBy(session::close).hasMessage("the arena is lost");
        assertThat(backend.executablesClosed).hasValue(1);
        session.close();
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        new Thread(task).start();
        return task;
    }
}
