package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimingsTest {
    @Test
    void takesQuantilesOfUnsortedTimes() {
        long[] nanoseconds = {
            11_000_000,
            1_000_000,
            10_000_000,
            2_000_000,
            9_000_000,
            3_000_000,
            8_000_000,
            4_000_000,
            7_000_000,
            5_000_000,
            6_000_000
        };
        assertThat(Timings.of(nanoseconds)).isEqualTo(new Timings(11, 1, 6, 2, 10, 10.9));
    }

    @Test
    void goesBetweenTwoTimes() {
        assertThat(Timings.of(new long[] {3_000_000, 1_000_000}).median()).isEqualTo(2);
        assertThat(new Interleaved(new Timings(1, 2, 2, 2, 2, 2), new Timings(1, 3, 3, 3, 3, 3)).speedup())
                .isEqualTo(1.5);
    }
}
