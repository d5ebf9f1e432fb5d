package io.conv4j.benchmark;

import io.conv4j.backend.Precision;
import io.conv4j.golden.TightArena;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the networks of the zoo keep between steps; other batches scale both numbers alike, but for scratchpads. */
class ZooArenaTest {
    static Set<String> names() {
        return Zoo.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void isTight(String name) {
        require(name, 1, Precision.F32);
        require(name, 8, Precision.BF16);
    }

    private static void require(String name, int batch, Precision precision) {
        SessionOptions options = SessionOptions.throughput().backend("onednn").precision(precision);
        try (Session session = Session.open(Zoo.build(name, batch), options)) {
            TightArena.require(session, name + " of batch " + batch + " in " + precision.word());
        }
    }
}
