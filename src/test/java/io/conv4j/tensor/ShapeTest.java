package io.conv4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void elementsNeverOverflowSilently() {
        assertThat(Shape.of(1 << 15, 1 << 15).elements()).isEqualTo(1 << 30);
        assertThat(Shape.of(Integer.MAX_VALUE).elements()).isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> Shape.of(1 << 16, 1 << 16))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("65536, 65536");
        assertThatThrownBy(() -> Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE))
                .isInstanceOf(Conv4jException.class);
    }

    @Test
    void refusesExtentsThatAreNone() {
        assertThatThrownBy(() -> Shape.of(2, -1)).hasMessageContaining("negative extent");
        assertThatThrownBy(() -> Shape.ofLongs(1L << 31)).hasMessageContaining("2147483648");
        assertThatThrownBy(() -> Shape.parse("2x?")).hasMessageContaining("'2x?' is not a shape");
    }

    @Test
    void broadcastsAsNumpyDoes() {
        assertThat(Shape.broadcast(Shape.of(2, 1, 4), Shape.of(3, 1))).isEqualTo(Shape.of(2, 3, 4));
        assertThat(Shape.broadcast(Shape.of(), Shape.of(0, 1))).isEqualTo(Shape.of(0, 1));
        assertThatThrownBy(() -> Shape.broadcast(Shape.of(2), Shape.of(3)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("2 against 3");
    }

    @Test
    void axesMayCountFromTheEnd() {
        Shape shape = Shape.parse("2x3x4");

        assertThat(shape.extent(-1)).isEqualTo(4);
        assertThat(shape.axis(-3)).isZero();
        assertThat(shape.strides()).containsExactly(12, 4, 1);
        assertThat(shape.with(-2, 5)).hasToString("2x5x4");
        assertThatThrownBy(() -> shape.axis(3)).hasMessageContaining("axis 3 of shape 2x3x4");
    }

    @Test
    void typesKnowTheirSizes() {
        assertThat(DataType.values()).extracting(DataType::bytes).containsExactly(4, 2, 1, 1, 4, 8, 1);
        assertThat(DataType.values())
                .extracting(DataType::word)
                .containsExactly("f32", "bf16", "u8", "s8", "s32", "s64", "bool");
        assertThat(new TensorType(DataType.S64, Shape.of(1 << 15, 1 << 15)).bytes())
                .isEqualTo(8L << 30);
    }
}
