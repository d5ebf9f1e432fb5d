package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The net under those who forget to close. */
@Timeout(60)
class SessionCleanerTest {
    private final FakeBackend backend = new FakeBackend();

    @Test
    void freesAForgottenSession() throws InterruptedException {
        runAndForget(Fixtures.throughput(2));
        collectUntil(() -> backend.executablesClosed.get() == 1);
        backend.expectAllClosed();
        assertThat(backend.broken).isEmpty();
    }

    @Test
    void freesAForgottenSessionWhoseRunsHaveSeveralThreads() throws InterruptedException {
        runAndForget(Fixtures.latency());
        collectUntil(() -> backend.executablesClosed.get() == 1);
        backend.expectAllClosed();
        assertThat(backend.broken).isEmpty();
    }

    @Test
    void keepsASessionThatNobodyHoldsButARun() {
        backend.whileRunning = () -> {
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
        };
        runAndForget(Fixtures.throughput(1));
        assertThat(backend.broken).isEmpty();
    }

    private void runAndForget(SessionOptions options) {
        assertThat(Session.open(Fixtures.fixed(), options, backend)
                        .run(Fixtures.ones(2))
                        .toFloats())
                .containsOnly(2);
    }

    private static void collectUntil(BooleanSupplier done) throws InterruptedException {
        while (!done.getAsBoolean()) {
            System.gc();
            Thread.sleep(10);
        }
    }
}
