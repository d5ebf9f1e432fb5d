package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionProfileTest {
    private final FakeBackend backend = new FakeBackend();

    @Test
    void runsAndTimesEveryStepOfTheDescription() {
        try (Session session = Session.open(Fixtures.fixed(), Fixtures.latency(), backend)) {
            Tensor dst = Fixtures.zeros(2);

            List<StepTiming> timings = session.profile(List.of(Fixtures.ones(2)), List.of(dst));

            assertThat(dst.toFloats()).containsOnly(2);
            assertThat(timings.stream().map(StepTiming::step).toList())
                    .isEqualTo(session.describe().steps())
                    .isNotEmpty();
            assertThat(timings).allMatch(timing -> timing.nanoseconds() == 7);
        }
    }

    @Test
    void refusesAfterClose() {
        Session session = Session.open(Fixtures.fixed(), Fixtures.latency(), backend);
        session.close();
        assertThatThrownBy(() -> session.profile(List.of(Fixtures.ones(2)), List.of(Fixtures.zeros(2))))
                .isInstanceOf(IllegalStateException.class);
    }
}
