package io.conv4j.evaluate;

import static io.conv4j.evaluate.EvaluatorTest.floats;
import static io.conv4j.evaluate.EvaluatorTest.longs;
import static io.conv4j.evaluate.EvaluatorTest.one;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.layer.ArgReduce;
import io.conv4j.layer.TopK;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SelectionsTest {
    private static final float NAN = Float.NaN;
    private static final List<DataType> TYPES = List.of(DataType.values());

    private static long where(ArgReduce.Kind kind, boolean last, Tensor src) {
        return one(new ArgReduce(kind, 0, false, last), src).getLong(0);
    }

    @Test
    void firstOrLastOfEqualElements() {
        Tensor src = floats(1, 3, -2, 3, -2, 0);
        assertThat(where(ArgReduce.Kind.MAX, false, src)).isEqualTo(1);
        assertThat(where(ArgReduce.Kind.MAX, true, src)).isEqualTo(3);
        assertThat(where(ArgReduce.Kind.MIN, false, src)).isEqualTo(2);
        assertThat(where(ArgReduce.Kind.MIN, true, src)).isEqualTo(4);
    }

    @Test
    void whatIsNotANumberIsTheExtreme() {
        Tensor src = floats(1, NAN, Float.POSITIVE_INFINITY, NAN, Float.NEGATIVE_INFINITY);
        assertThat(where(ArgReduce.Kind.MAX, false, src)).isEqualTo(1);
        assertThat(where(ArgReduce.Kind.MIN, true, src)).isEqualTo(3);
        assertThat(where(ArgReduce.Kind.MAX, false, floats(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY)))
                .isZero();
        assertThat(where(ArgReduce.Kind.MAX, true, floats(-0f, 0f))).isEqualTo(1);
    }

    @Test
    void wholeNumbersAreComparedExactly() {
        long odd = (1L << 53) + 1;
        assertThat(where(ArgReduce.Kind.MAX, false, longs(odd - 1, odd))).isEqualTo(1);
        assertThat(where(ArgReduce.Kind.MIN, false, longs(Long.MAX_VALUE, Long.MIN_VALUE, 0)))
                .isEqualTo(1);
    }

    @Test
    void anyAxisKeptOrNot() {
        Tensor src = Tensor.of(Shape.of(2, 3, 2), 1, 9, 5, 2, 3, 9, 4, 0, 4, 8, 7, 8);
        Tensor kept = one(new ArgReduce(ArgReduce.Kind.MAX, -2, true, false), src);
        assertThat(kept.type()).hasToString("s64 2x1x2");
        assertThat(kept.toLongs()).containsExactly(1, 0, 2, 1);
        Tensor gone = one(new ArgReduce(ArgReduce.Kind.MIN, 0, false, false), src);
        assertThat(gone.shape()).isEqualTo(Shape.of(3, 2));
        assertThat(gone.toLongs()).containsExactly(0, 1, 1, 0, 0, 1);
    }

    @Test
    void bestOfALineInOrder() {
        List<Tensor> best = Evaluator.evaluate(new TopK(3, 0, true), List.of(floats(1, NAN, 3, -1, 3)));
        assertThat(best.get(0).toFloats()).containsExactly(NAN, 3, 3);
        assertThat(best.get(1).toLongs()).containsExactly(1, 2, 4);
        best = Evaluator.evaluate(new TopK(4, 0, false), List.of(floats(1, NAN, 3, -1, 1)));
        assertThat(best.get(0).toFloats()).containsExactly(-1, 1, 1, 3);
        assertThat(best.get(1).toLongs()).containsExactly(3, 0, 4, 2);
        best = Evaluator.evaluate(new TopK(1, 0, false), List.of(longs(Long.MAX_VALUE, Long.MIN_VALUE)));
        assertThat(best.get(0).toLongs()).containsExactly(Long.MIN_VALUE);
        assertThat(Evaluator.evaluate(new TopK(0, 0, true), List.of(floats(1, 2))))
                .extracting(Tensor::shape)
                .containsExactly(Shape.of(0), Shape.of(0));
    }

    @Test
    void everyKAlongEveryAxisIsAsSorted() {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            Shape shape = Shape.of(1 + random.nextInt(4), 1 + random.nextInt(70), 1 + random.nextInt(4));
            DataType type = TYPES.get(random.nextInt(TYPES.size()));
            Tensor src = Tensor.zeros(type, shape);
            for (int i = 0; i < shape.elements(); i++) {
                src.set(i, random.nextInt(40) - 20);
            }
            int axis = random.nextInt(3);
            TopK layer = new TopK(random.nextInt(shape.extent(axis) + 1), axis, random.nextBoolean());
            Workers workers = new Workers(1 + random.nextInt(3));
            List<Tensor> got =
                    layer.infer(List.of(src.type())).stream().map(Tensor::zeros).toList();
            Evaluator.evaluate(layer, List.of(src), got, workers);
            requireSorted(layer, src, got, "seed " + seed + ", round " + round + ": " + layer + " of " + src);
        }
    }

    private static void requireSorted(TopK layer, Tensor src, List<Tensor> got, String what) {
        int extent = src.shape().extent(layer.axis());
        int stride = src.shape().strides()[layer.axis()];
        for (int outer = 0; outer < src.shape().elements() / extent / stride; outer++) {
            for (int inner = 0; inner < stride; inner++) {
                int first = outer * extent * stride + inner;
                Comparator<Integer> size = Comparator.comparingDouble(i -> src.get(first + i * stride));
                List<Integer> order = IntStream.range(0, extent)
                        .boxed()
                        .sorted(layer.largest() ? size.reversed() : size)
                        .toList();
                for (int rank = 0; rank < layer.k(); rank++) {
                    int at = outer * layer.k() * stride + rank * stride + inner;
                    assertThat(got.get(1).getLong(at))
                            .as(what)
                            .isEqualTo(order.get(rank).intValue());
                    assertThat(got.get(0).get(at)).as(what).isEqualTo(src.get(first + order.get(rank) * stride));
                }
            }
        }
    }

    @Test
    void numbersBelowNoneAreRefused() {
        assertThatThrownBy(() -> new TopK(-1, 0, true))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("got -1");
    }
}
