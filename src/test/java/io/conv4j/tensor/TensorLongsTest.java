package io.conv4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TensorLongsTest {
    private static final long ODD = (1L << 53) + 1;

    @Test
    void longsAreExactBeyondTheReachOfDouble() {
        Tensor tensor = Tensor.ofLongs(Shape.of(3), ODD, -ODD, Long.MAX_VALUE);

        assertThat(tensor.toLongs()).containsExactly(ODD, -ODD, Long.MAX_VALUE);
        assertThat(tensor.getLong(1)).isEqualTo(-ODD);
        tensor.setLong(2, ODD + 2);
        assertThat(tensor.toLongs()).containsExactly(ODD, -ODD, ODD + 2);
    }

    @Test
    void narrowIntegersKeepTheLowBits() {
        assertThat(stored(DataType.U8, 257)).isEqualTo(1);
        assertThat(stored(DataType.S8, 128)).isEqualTo(-128);
        assertThat(stored(DataType.S32, 1L << 32 | 5)).isEqualTo(5);
        assertThat(stored(DataType.BOOL, 256)).isEqualTo(1);
        assertThat(stored(DataType.F32, 7)).isEqualTo(7);
        assertThat(stored(DataType.BF16, 7)).isEqualTo(7);
    }

    private static long stored(DataType type, long value) {
        Tensor tensor = Tensor.zeros(type, Shape.of());
        tensor.setLong(0, value);
        return tensor.getLong(0);
    }
}
