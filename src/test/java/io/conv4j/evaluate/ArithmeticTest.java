package io.conv4j.evaluate;

import static io.conv4j.evaluate.EvaluatorTest.counting;
import static io.conv4j.evaluate.EvaluatorTest.floats;
import static io.conv4j.evaluate.EvaluatorTest.longs;
import static io.conv4j.evaluate.EvaluatorTest.one;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Where;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArithmeticTest {
    private static Tensor of(Binary.Op op, Tensor a, Tensor b) {
        return one(new Binary(op), a, b);
    }

    @Test
    void broadcastsBothWays() {
        Tensor column = Tensor.of(Shape.of(2, 1), 10, 20);
        Tensor row = floats(1, 2, 3);
        assertThat(of(Binary.Op.ADD, column, row).toFloats()).containsExactly(11, 12, 13, 21, 22, 23);
        assertThat(of(Binary.Op.SUB, row, column).toFloats()).containsExactly(-9, -8, -7, -19, -18, -17);
    }

    @Test
    void broadcastsAChannelOverManyPixels() {
        // 3 channels of 100x100 pixels: longer than one run, enough for a second thread.
        Tensor pixels = counting(2, 3, 100, 100);
        Tensor sum = of(Binary.Op.ADD, pixels, Tensor.of(Shape.of(3, 1, 1), 100_000, 200_000, 300_000));
        for (int i = 0; i < pixels.shape().elements(); i++) {
            assertThat(sum.get(i)).isEqualTo(i + 100_000 * (i / 10_000 % 3 + 1));
        }
    }

    @Test
    void everyFunctionOnFloats() {
        Tensor a = floats(7, -7, 2);
        Tensor b = floats(2, 2, 2);
        assertThat(of(Binary.Op.MUL, a, b).toFloats()).containsExactly(14, -14, 4);
        assertThat(of(Binary.Op.DIV, a, b).toFloats()).containsExactly(3.5f, -3.5f, 1);
        assertThat(of(Binary.Op.POW, a, b).toFloats()).containsExactly(49, 49, 4);
        assertThat(of(Binary.Op.MIN, a, b).toFloats()).containsExactly(2, -7, 2);
        assertThat(of(Binary.Op.MAX, a, b).toFloats()).containsExactly(7, 2, 2);
        assertThat(of(Binary.Op.MOD, a, b).toFloats()).containsExactly(1, 1, 0);
        assertThat(of(Binary.Op.LESS, a, b).toLongs()).containsExactly(0, 1, 0);
        assertThat(of(Binary.Op.GREATER_OR_EQUAL, a, b).toLongs()).containsExactly(1, 0, 1);
        assertThat(of(Binary.Op.EQUAL, a, b).dataType()).isEqualTo(DataType.BOOL);
    }

    @Test
    void wholeNumbersAreExactBeyondDouble() {
        long odd = (1L << 53) + 1;
        assertThat(of(Binary.Op.ADD, longs(odd, 1), longs(2, 1)).toLongs()).containsExactly(odd + 2, 2);
        assertThat(of(Binary.Op.MUL, longs(odd), longs(3)).toLongs()).containsExactly(3 * odd);
        assertThat(of(Binary.Op.EQUAL, longs(odd), longs(odd - 1)).toLongs()).containsExactly(0);
        assertThat(of(Binary.Op.MAX, longs(odd), longs(odd - 1)).toLongs()).containsExactly(odd);
        assertThat(of(Binary.Op.DIV, longs(7, -7), longs(2, 2)).toLongs()).containsExactly(3, -3);
        assertThat(of(Binary.Op.MOD, longs(7, -7), longs(4, 4)).toLongs()).containsExactly(3, 1);
    }

    @Test
    void bf16RoundsOnce() {
        Tensor a = one(new Cast(DataType.BF16), floats(256));
        Tensor b = one(new Cast(DataType.BF16), floats(1));
        // 257 lies halfway between 256 and 258 in bf16 and goes to the even one.
        assertThat(of(Binary.Op.ADD, a, b).get(0)).isEqualTo(256);
    }

    @Test
    void theFirstOperandMayBeTheResult() {
        Tensor x = counting(3, 4);
        Evaluator.evaluate(new Binary(Binary.Op.ADD), List.of(x, floats(1, 2, 3, 4)), List.of(x));
        assertThat(x.toFloats()).containsExactly(1, 3, 5, 7, 5, 7, 9, 11, 9, 11, 13, 15);
    }

    @Test
    void whereBroadcastsAllThree() {
        Tensor condition = one(new Cast(DataType.BOOL), Tensor.ofLongs(Shape.of(2, 1), 1, 0));
        assertThat(one(new Where(), condition, floats(1, 2), floats(9)).toFloats())
                .containsExactly(1, 2, 9, 9);
        assertThat(one(new Where(), condition, longs(Long.MAX_VALUE - 1), longs(3, 4))
                        .toLongs())
                .containsExactly(Long.MAX_VALUE - 1, Long.MAX_VALUE - 1, 3, 4);
    }
}
