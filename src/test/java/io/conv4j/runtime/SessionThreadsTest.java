package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads on one session: who waits for whom, and what an interrupt does. */
@Timeout(60)
class SessionThreadsTest {
    private static final List<SessionOptions> BOTH_MODES = List.of(Fixtures.throughput(3), Fixtures.latency());

    private final FakeBackend backend = new FakeBackend();

    @AfterEach
    void contractWasKept() {
        backend.expectAllClosed();
        assertThat(backend.broken).isEmpty();
    }

    @Test
    void everyThreadGetsItsOwnResult() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            backend.mostAtATime.set(0);
            try (Session session = Session.open(Fixtures.symbolic(), options.planCacheCapacity(2), backend)) {
                List<FutureTask<Integer>> tasks = new ArrayList<>();
                for (int thread = 0; thread < 12; thread++) {
                    int number = thread;
                    tasks.add(start(() -> runMany(session, number)));
                }
                for (FutureTask<Integer> task : tasks) {
                    assertThat(task.get()).as("wrong results").isZero();
                }
            }
            assertThat(backend.mostAtATime.get()).isBetween(1, 4 * options.contexts());
        }
    }

    /** Four shapes over a cache of two, so that plans are evicted under those who use them. */
    private static int runMany(Session session, int number) {
        int wrong = 0;
        for (int i = 0; i < 300; i++) {
            int n = 1 + (i / 100 + number) % 4;
            Tensor src = Fixtures.ones(n);
            src.set(0, number * 1000 + i);
            Tensor dst = Fixtures.zeros(n);
            session.run(List.of(src), List.of(dst));
            wrong += dst.get(0) == number * 1000 + i + 1 && dst.get(2 * n - 1) == 2 ? 0 : 1;
        }
        return wrong;
    }

    @Test
    void noMoreRunsAtATimeThanContexts() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            backend.mostAtATime.set(0);
            try (Session session = Session.open(Fixtures.fixed(), options, backend)) {
                List<FutureTask<Integer>> tasks = new ArrayList<>();
                for (int thread = 0; thread < 16; thread++) {
                    tasks.add(start(() -> {
                        for (int i = 0; i < 100; i++) {
                            session.run(Fixtures.ones(2));
                        }
                        return 100;
                    }));
                }
                for (FutureTask<Integer> task : tasks) {
                    assertThat(task.get()).isEqualTo(100);
                }
                assertThat(session.nativeBytes())
                        .isLessThanOrEqualTo(
                                FakeBackend.EXECUTABLE_BYTES + options.contexts() * FakeBackend.CONTEXT_BYTES);
            }
            assertThat(backend.mostAtATime.get()).isBetween(1, options.contexts());
        }
    }

    @Test
    void latencyModeRunsOneAfterTheOtherWhateverTheShapes() throws Exception {
        try (Session session = Session.open(Fixtures.symbolic(), Fixtures.latency(), backend)) {
            List<FutureTask<Tensor>> tasks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Tensor input = Fixtures.ones(1 + i % 3);
                tasks.add(start(() -> session.run(input)));
            }
            for (FutureTask<Tensor> task : tasks) {
                task.get();
            }
        }
        assertThat(backend.mostAtATime.get()).isEqualTo(1);
    }

    @Test
    void everythingHappensInTheCallersThread() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            backend.threads.clear();
            try (Session session = Session.open(Fixtures.symbolic(), options, backend)) {
                session.run(Fixtures.ones(1));
            }
            assertThat(backend.threads).containsExactly(Thread.currentThread());
        }
    }

    @Test
    void aShapeIsCompiledOnceHoweverManyAskForIt() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            backend.prepared.set(0);
            backend.executablesClosed.set(0);
            Gate gate = new Gate();
            backend.whilePreparing = gate;
            try (Session session = Session.open(Fixtures.symbolic(), options, backend)) {
                List<FutureTask<Tensor>> tasks = new ArrayList<>();
                for (int thread = 0; thread < 8; thread++) {
                    tasks.add(start(() -> session.run(Fixtures.ones(2))));
                }
                gate.awaitSomebody();
                gate.open();
                for (FutureTask<Tensor> task : tasks) {
                    assertThat(task.get().toFloats()).containsOnly(2);
                }
            }
            assertThat(backend.prepared).hasValue(1);
        }
    }

    @Test
    void allWhoWaitLearnWhyCompilingFailed() throws Exception {
        Gate gate = new Gate();
        backend.whilePreparing = () -> {
            gate.run();
            throw new Conv4jException("no primitive for step 'x'");
        };
        try (Session session = Session.open(Fixtures.symbolic(), Fixtures.throughput(2), backend)) {
            FutureTask<Tensor> first = start(() -> session.run(Fixtures.ones(2)));
            gate.awaitSomebody();
            FutureTask<Tensor> second = start(() -> session.run(Fixtures.ones(2)));
            gate.open();
            for (FutureTask<Tensor> task : List.of(first, second)) {
                assertThatThrownBy(task::get)
                        .cause()
                        .isInstanceOf(Conv4jException.class)
                        .hasMessage("no primitive for step 'x'");
            }
        }
    }

    @Test
    void waitingForAContextCanBeInterrupted() throws Exception {
        for (SessionOptions options : List.of(Fixtures.throughput(1), Fixtures.latency())) {
            Gate gate = new Gate();
            backend.whileRunning = gate;
            try (Session session = Session.open(Fixtures.fixed(), options, backend)) {
                FutureTask<Tensor> inside = start(() -> session.run(Fixtures.ones(2)));
                gate.awaitSomebody();
                Waiter waiter = new Waiter(session, 2);
                waiter.interruptOnceItWaits();
                assertThat(waiter.outcome()).isEqualTo("Conv4jException, interrupted");

                gate.open();
                assertThat(inside.get().toFloats()).containsOnly(2);
                backend.whileRunning = () -> {};
                assertThat(session.run(Fixtures.ones(2)).toFloats())
                        .as("still works")
                        .containsOnly(2);
            }
        }
    }

    @Test
    void waitingForAPlanCanBeInterrupted() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            Gate gate = new Gate();
            backend.whilePreparing = gate;
            try (Session session = Session.open(Fixtures.symbolic(), options, backend)) {
                FutureTask<Tensor> compiling = start(() -> session.run(Fixtures.ones(2)));
                gate.awaitSomebody();
                Waiter sameShape = new Waiter(session, 2);
                sameShape.interruptOnceItWaits();
                assertThat(sameShape.outcome()).isEqualTo("Conv4jException, interrupted");

                gate.open();
                assertThat(compiling.get().toFloats()).containsOnly(2);
                assertThat(session.run(Fixtures.ones(2)).toFloats()).containsOnly(2);
            }
        }
    }

    @Test
    void aRunUnderWayIsNotCutShort() throws Exception {
        for (SessionOptions options : BOTH_MODES) {
            Gate gate = new Gate();
            backend.whileRunning = gate;
            try (Session session = Session.open(Fixtures.fixed(), options, backend)) {
                Waiter inside = new Waiter(session, 2);
                gate.awaitSomebody();
                inside.interrupt();
                gate.open();
                assertThat(inside.outcome()).isEqualTo("done, interrupted");
            }
            backend.whileRunning = () -> {};
        }
    }

    @Test
    void whoHasWaitedLongIsNotOvertakenForEver() throws Exception {
        CountDownLatch served = new CountDownLatch(1);
        try (Session session = Session.open(Fixtures.fixed(), Fixtures.throughput(1), backend)) {
            List<FutureTask<Integer>> greedy = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                greedy.add(start(() -> {
                    int runs = 0;
                    for (; served.getCount() > 0; runs++) {
                        session.run(Fixtures.ones(2));
                    }
                    return runs;
                }));
            }
            for (int i = 0; i < 20; i++) {
                session.run(Fixtures.ones(2));
            }
            served.countDown();
            for (FutureTask<Integer> task : greedy) {
                assertThat(task.get()).isNotNegative();
            }
        }
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        new Thread(task).start();
        return task;
    }

    /** A thread that runs once and says how it ended and whether its interrupt flag was set then. */
    private static final class Waiter {
        private final FutureTask<String> task;
        private final Thread thread;

        Waiter(Session session, int n) {
            task = new FutureTask<>(() -> {
                String how = "done";
                try {
                    session.run(Fixtures.ones(n));
                } catch (Conv4jException e) {
                    how = e.getClass().getSimpleName();
                }
                return how + (Thread.interrupted() ? ", interrupted" : "");
            });
            thread = new Thread(task);
            thread.start();
        }

        void interruptOnceItWaits() throws InterruptedException {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.sleep(1);
            }
            interrupt();
        }

        void interrupt() {
            thread.interrupt();
        }

        String outcome() throws ExecutionException, InterruptedException {
            return task.get();
        }
    }
}
