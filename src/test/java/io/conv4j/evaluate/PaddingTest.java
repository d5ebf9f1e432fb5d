package io.conv4j.evaluate;

import static io.conv4j.evaluate.EvaluatorTest.counting;
import static io.conv4j.evaluate.EvaluatorTest.floats;
import static io.conv4j.evaluate.EvaluatorTest.one;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.Pad;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaddingTest {
    private static float[] row(Pad.Mode mode, int before, int after) {
        return one(new Pad(mode, List.of(before), List.of(after), 9), floats(1, 2, 3))
                .toFloats();
    }

    @Test
    void everyModeOnARow() {
        assertThat(row(Pad.Mode.CONSTANT, 2, 1)).containsExactly(9, 9, 1, 2, 3, 9);
        assertThat(row(Pad.Mode.REFLECT, 2, 1)).containsExactly(3, 2, 1, 2, 3, 2);
        assertThat(row(Pad.Mode.EDGE, 2, 1)).containsExactly(1, 1, 1, 2, 3, 3);
        assertThat(row(Pad.Mode.WRAP, 4, 1)).containsExactly(3, 1, 2, 3, 1, 2, 3, 1);
    }

    @Test
    void negativePadsCut() {
        for (Pad.Mode mode : Pad.Mode.values()) {
            assertThat(row(mode, -1, 0)).as("%s", mode).containsExactly(2, 3);
            assertThat(row(mode, 0, -2)).as("%s", mode).containsExactly(1);
            assertThat(row(mode, -1, -2)).as("%s", mode).isEmpty();
        }
        assertThat(row(Pad.Mode.CONSTANT, -1, 2)).containsExactly(2, 3, 9, 9);
        assertThat(row(Pad.Mode.CONSTANT, 2, -2)).containsExactly(9, 9, 1);
        assertThat(row(Pad.Mode.CONSTANT, 4, -5)).containsExactly(9, 9);
        assertThat(row(Pad.Mode.CONSTANT, -5, 4)).containsExactly(9, 9);
        assertThat(row(Pad.Mode.REFLECT, -1, 2)).containsExactly(2, 3, 2, 1);
    }

    @Test
    void allAxesAtOnce() {
        Tensor src = Tensor.of(Shape.of(2, 2), 1, 2, 3, 4);
        Pad around = new Pad(Pad.Mode.CONSTANT, List.of(1, 0), List.of(0, 1), -1);
        assertThat(one(around, src).toFloats()).containsExactly(-1, -1, -1, 1, 2, -1, 3, 4, -1);
        Pad mirrored = new Pad(Pad.Mode.REFLECT, List.of(1, 1), List.of(0, 0), 0);
        assertThat(one(mirrored, src).toFloats()).containsExactly(4, 3, 4, 2, 1, 2, 4, 3, 4);
    }

    @Test
    void integersAndScalars() {
        Tensor longs = Tensor.ofLongs(Shape.of(1), Long.MAX_VALUE);
        assertThat(one(new Pad(Pad.Mode.CONSTANT, List.of(1), List.of(0), 5), longs)
                        .toLongs())
                .containsExactly(5, Long.MAX_VALUE);
        Tensor scalar = Tensor.of(Shape.of(), 3);
        assertThat(one(new Pad(Pad.Mode.CONSTANT, List.of(), List.of(), 5), scalar)
                        .toFloats())
                .containsExactly(3);
        Tensor empty = Tensor.zeros(DataType.F32, Shape.of(0));
        assertThat(one(new Pad(Pad.Mode.CONSTANT, List.of(1), List.of(1), 5), empty)
                        .toFloats())
                .containsExactly(5, 5);
    }

    @Test
    void largeImagesInSeveralThreads() {
        Tensor src = counting(1, 3, 200, 200);
        Tensor dst = one(new Pad(Pad.Mode.EDGE, List.of(0, 0, 1, 1), List.of(0, 0, 1, 1), 0), src);
        for (int i = 0; i < dst.shape().elements(); i++) {
            int row = Math.max(0, Math.min(199, i / 202 % 202 - 1));
            int column = Math.max(0, Math.min(199, i % 202 - 1));
            assertThat(dst.get(i)).isEqualTo(src.get(i / (202 * 202) * 40_000 + row * 200 + column));
        }
    }
}
