package io.conv4j.evaluate;

import static io.conv4j.evaluate.EvaluatorTest.floats;
import static io.conv4j.evaluate.EvaluatorTest.longs;
import static io.conv4j.evaluate.EvaluatorTest.one;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.Reduce;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReductionsTest {
    private static float all(Reduce.Kind kind, float... values) {
        Tensor result = one(new Reduce(kind, List.of(0), false), floats(values));
        assertThat(result.shape()).isEqualTo(Shape.of());
        return (float) result.get(0);
    }

    private static long whole(Reduce.Kind kind, long... values) {
        return one(new Reduce(kind, List.of(0), true), longs(values)).getLong(0);
    }

    @Test
    void everyKindOnFloats() {
        assertThat(all(Reduce.Kind.SUM, 3, -4, 2)).isEqualTo(1);
        assertThat(all(Reduce.Kind.MEAN, 3, -4, 4)).isEqualTo(1);
        assertThat(all(Reduce.Kind.MAX, -3, -4)).isEqualTo(-3);
        assertThat(all(Reduce.Kind.MIN, 3, -4)).isEqualTo(-4);
        assertThat(all(Reduce.Kind.PRODUCT, 3, -4, 2)).isEqualTo(-24);
        assertThat(all(Reduce.Kind.L1, 3, -4)).isEqualTo(7);
        assertThat(all(Reduce.Kind.L2, 3, -4)).isEqualTo(5);
        assertThat(all(Reduce.Kind.SUM_OF_SQUARES, 3, -4)).isEqualTo(25);
        assertThat(all(Reduce.Kind.LOG_SUM, 1, 2)).isEqualTo((float) Math.log(3));
        assertThat(all(Reduce.Kind.LOG_SUM_EXP, 1000, 1000)).isEqualTo((float) (1000 + Math.log(2)));
    }

    @Test
    void anyAxesKeptOrNot() {
        Tensor src = Tensor.of(Shape.of(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
        Tensor outer = one(new Reduce(Reduce.Kind.SUM, List.of(0, 2), false), src);
        assertThat(outer.shape()).isEqualTo(Shape.of(2));
        assertThat(outer.toFloats()).containsExactly(14, 22);
        Tensor middle = one(new Reduce(Reduce.Kind.SUM, List.of(1), true), src);
        assertThat(middle.shape()).isEqualTo(Shape.of(2, 1, 2));
        assertThat(middle.toFloats()).containsExactly(4, 6, 12, 14);
        assertThat(one(new Reduce(Reduce.Kind.SUM_OF_SQUARES, List.of(), true), src)
                        .toFloats())
                .startsWith(1, 4, 9);
    }

    @Test
    void wholeNumbersAreExactBeyondDouble() {
        long odd = (1L << 53) + 1;
        assertThat(whole(Reduce.Kind.SUM, odd, 2)).isEqualTo(odd + 2);
        assertThat(whole(Reduce.Kind.PRODUCT, odd, 3)).isEqualTo(3 * odd);
        assertThat(whole(Reduce.Kind.MAX, odd, odd - 1)).isEqualTo(odd);
        assertThat(whole(Reduce.Kind.MIN, odd, odd + 1)).isEqualTo(odd);
        assertThat(whole(Reduce.Kind.L1, odd, -odd)).isEqualTo(2 * odd);
        assertThat(whole(Reduce.Kind.SUM_OF_SQUARES, 1 << 30, 1)).isEqualTo((1L << 60) + 1);
        assertThat(whole(Reduce.Kind.MEAN, 7, 8)).isEqualTo(7);
        assertThat(whole(Reduce.Kind.L2, 3, 4)).isEqualTo(5);
    }

    @Test
    void nothingHasItsNeutralElement() {
        assertThat(all(Reduce.Kind.SUM)).isEqualTo(0);
        assertThat(all(Reduce.Kind.PRODUCT)).isEqualTo(1);
        assertThat(all(Reduce.Kind.MAX)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(all(Reduce.Kind.MIN)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(all(Reduce.Kind.LOG_SUM_EXP)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(all(Reduce.Kind.MEAN)).isNaN();
        assertThat(whole(Reduce.Kind.MAX)).isEqualTo(Long.MIN_VALUE);
        assertThat(whole(Reduce.Kind.MIN)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void sumsInDouble() {
        Tensor many = Tensor.zeros(DataType.F32, Shape.of(3, 1 << 16));
        for (int i = 0; i < many.shape().elements(); i++) {
            many.set(i, i % (1 << 16) == 0 ? 1 << 25 : 1);
        }
        // In float, 2^25 + 1 is 2^25.
        float wanted = (1 << 25) + (1 << 16) - 1;
        assertThat(one(new Reduce(Reduce.Kind.SUM, List.of(1), false), many).toFloats())
                .containsExactly(wanted, wanted, wanted);
    }
}
