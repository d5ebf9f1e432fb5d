package io.conv4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {
    @Test
    void everyIterationRunsOnce() {
        for (int threads : new int[] {1, 2, 5}) {
            for (int count : new int[] {0, 1, 7, 1000, 100_003}) {
                for (long work : new long[] {0, 1, 300, Long.MAX_VALUE}) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(count);
                    new Workers(threads).forEach(count, work, runs::incrementAndGet);
                    for (int i = 0; i < count; i++) {
                        assertThat(runs.get(i)).as("%d of %d", i, count).isEqualTo(1);
                    }
                }
            }
        }
    }

    @Test
    void neverUsesMoreThreadsThanAllowed() {
        for (int threads : new int[] {1, 2}) {
            Set<Thread> seen = ConcurrentHashMap.newKeySet();
            new Workers(threads).forEach(64, Long.MAX_VALUE, i -> seen.add(Thread.currentThread()));
            assertThat(seen).hasSizeBetween(1, threads);
        }
        assertThatThrownBy(() -> new Workers(0))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("at least 1, got 0");
    }
}
