package io.conv4j.nativelib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Regions, views of them and what is counted. */
class NativeMemoryTest {
    @Test
    void aViewHasAsManyBytesAsAskedFor() {
        try (NativeMemory memory = NativeMemory.allocate(100)) {
            ByteBuffer view = memory.view(32, 10);
            assertThat(view.remaining()).isEqualTo(10);
            assertThat(view.order()).isEqualTo(ByteOrder.nativeOrder());
            assertThat(NativeMemory.addressOf(view)).isEqualTo(memory.address() + 32);
            assertThat(memory.view(100, 0).remaining()).isZero();

            view.put(3, (byte) 42);
            assertThat(memory.view(0, 100).get(35)).isEqualTo((byte) 42);
        }
    }

    @Test
    void noViewReachesBeyondItsRegion() {
        try (NativeMemory memory = NativeMemory.allocate(100)) {
            for (int[] range : new int[][] {{91, 10}, {-1, 1}, {0, -1}, {101, 0}}) {
                assertThatThrownBy(() -> memory.view(range[0], range[1]))
                        .isInstanceOf(Conv4jException.class)
                        .hasMessageContaining("are not in a region of 100");
            }
        }
    }

    @Test
    void isAlignedAndCountedUntilItIsClosed() {
        long before = NativeMemory.liveBytes();
        NativeMemory small = NativeMemory.allocate(1);
        NativeMemory large = NativeMemory.allocate(5 << 20);
        assertThat(small.address() % 64).isZero();
        assertThat(large.address() % (2 << 20)).isZero();
        assertThat(NativeMemory.liveBytes()).isGreaterThan(before + (5 << 20));
        small.close();
        large.close();
        large.close();
        assertThat(NativeMemory.liveBytes()).isEqualTo(before);
    }

    @Test
    void whatCannotBeHadIsAnErrorWithItsSize() {
        assertThatThrownBy(() -> NativeMemory.allocate(-1)).hasMessage("cannot allocate -1 bytes");
        assertThatThrownBy(() -> NativeMemory.allocate(1L << 60))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("no native memory for 1152921504606846976 bytes");
    }
}
