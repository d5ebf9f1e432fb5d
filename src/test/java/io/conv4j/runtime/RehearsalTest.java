package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Backend;
import io.conv4j.nativelib.NativeMemory;
import org.junit.jupiter.api.Test;

/** What is compiled for nothing works on every back end, and leaves nothing behind. */
class RehearsalTest {
    @Test
    void everyBackEndTakesPartAndHoldsNothingAfterwards() {
        for (Backend backend : Backends.all()) {
            if (backend.availability().available()) {
                Rehearsal.run(backend, 2);
                long before = NativeMemory.liveBytes();

                Rehearsal.run(backend, 2);

                assertThat(NativeMemory.liveBytes()).as(backend.name()).isEqualTo(before);
            }
        }
    }
}
