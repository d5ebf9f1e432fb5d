package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.compile.OptimizationLevel;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the options say when nobody says anything, and what they refuse. */
class SessionOptionsTest {
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    @ParameterizedTest
    @CsvSource({"3,3", "'3,2,1',3", "' 2 ',2", "'',8", "0,8", "-1,8", "many,8", "99999999999,8", "',2',8"})
    void readsTheThreadsAsOpenMpDoes(String ompNumThreads, int expected) {
        assertThat(SessionOptions.threads(ompNumThreads, 8)).isEqualTo(expected);
    }

    @Test
    void takesAllProcessorsWhereTheVariableIsNotSet() {
        assertThat(SessionOptions.threads(null, 8)).isEqualTo(8);
    }

    @Test
    void theNumberOfThreadsDecidesTheMode() {
        assertThat(SessionOptions.throughput().mode()).isEqualTo(Mode.THROUGHPUT);
        assertThat(SessionOptions.latency().intraOpThreads(2).mode()).isEqualTo(Mode.LATENCY);
        assertThat(SessionOptions.latency().intraOpThreads(1).mode()).isEqualTo(Mode.THROUGHPUT);
        assertThat(Mode.LATENCY.word()).isEqualTo("latency");
    }

    @Test
    void runsAtATime() {
        assertThat(SessionOptions.throughput().contexts()).isEqualTo(PROCESSORS);
        assertThat(SessionOptions.throughput().maxContexts(3).contexts()).isEqualTo(3);
        assertThat(SessionOptions.latency().intraOpThreads(2).maxContexts(3).contexts())
                .as("one runner thread")
                .isEqualTo(1);
    }

    @Test
    void changesOneThingAtATime() {
        SessionOptions options = SessionOptions.throughput()
                .backend("java")
                .intraOpThreads(5)
                .optimizationLevel(OptimizationLevel.NONE)
                .planCacheCapacity(6)
                .maxContexts(7)
                .winograd(false);

        assertThat(options)
                .isEqualTo(new SessionOptions(
                        "java", new ExecutionOptions(5).winograd(false), OptimizationLevel.NONE, 6, OptionalInt.of(7)));
    }

    @Test
    void refusesWhatCannotBeRun() {
        SessionOptions options = SessionOptions.defaults();
        assertThatThrownBy(() -> options.intraOpThreads(0))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("intraOpThreads should be at least 1, got 0");
        assertThatThrownBy(() -> options.planCacheCapacity(-1))
                .hasMessage("planCacheCapacity should be at least 1, got -1");
        assertThatThrownBy(() -> options.maxContexts(0)).hasMessage("maxContexts should be at least 1, got 0");
        assertThatThrownBy(() -> options.backend(" ")).hasMessageContaining("write auto to have one chosen");
    }
}
