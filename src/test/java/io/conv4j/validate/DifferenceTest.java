package io.conv4j.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.Conv4jException;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import org.junit.jupiter.api.Test;

/** The measures, by hand-computed numbers. */
class DifferenceTest {
    private static final float NAN = Float.NaN;
    private static final float INFINITY = Float.POSITIVE_INFINITY;

    @Test
    void measures() {
        assertThat(Difference.between(tensor(1, 2, -4, 0), tensor(1, 4, -4, 1)))
                .isEqualTo(new Difference(2, 1, 5 / 34.0, 1, 0, 0.25, 0));
    }

    @Test
    void relativeErrorsOfNumbersNearNothingDoNotCount() {
        Difference difference = Difference.between(tensor(1e-6f, 999), tensor(2e-6f, 1000));
        assertThat(difference.largestRelative()).isEqualTo(1e-3);
        assertThat(difference.worst()).isEqualTo(1);
    }

    @Test
    void whatIsFiniteOnOneSideOnlyIsInfinitelyFarOff() {
        Difference difference = Difference.between(tensor(1, NAN, INFINITY), tensor(1, 2, 3));
        assertThat(difference.largestAbsolute()).isInfinite();
        assertThat(difference.largestRelative()).isInfinite();
        assertThat(difference.normalised()).isInfinite();
        assertThat(difference.nonFinite()).isEqualTo(2);
        assertThat(difference.worst()).isEqualTo(1);

        Difference finite = Difference.between(tensor(1, 2), tensor(1, INFINITY));
        assertThat(finite.normalised()).isInfinite();
        assertThat(finite.nonFinite()).isZero();
    }

    @Test
    void whatBothHaveIsNoDifference() {
        Difference difference = Difference.between(tensor(NAN, INFINITY, 2), tensor(NAN, INFINITY, 2));
        assertThat(difference).isEqualTo(new Difference(0, 0, 0, 0, 0, 0, 0));
        assertThat(Difference.between(tensor(INFINITY), tensor(-INFINITY)).largestAbsolute())
                .isInfinite();
    }

    @Test
    void everythingIsMuchAgainstNothing() {
        assertThat(Difference.between(tensor(0, 1), tensor(0, 0)).normalised()).isInfinite();
        assertThat(Difference.between(tensor(0, 0), tensor(0, 0)).normalised()).isZero();
        assertThat(Difference.between(tensor(), tensor()).worst()).isEqualTo(-1);
    }

    @Test
    void comparesLikeWithLike() {
        assertThatThrownBy(() -> Difference.between(tensor(1, 2), tensor(1)))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("cannot compare f32 2 with f32 1");
    }

    @Test
    void coordinatesOfTheWorstElement() {
        Tensor want = Tensor.zeros(TensorType.f32(2, 3, 4));
        Tensor got = Tensor.zeros(TensorType.f32(2, 3, 4));
        got.set(23 - 4, -0.5);
        Comparison comparison = Comparison.of(new Value(0, "x", want.type()), "layer", got, want, 1);
        assertThat(comparison.worstIndex()).containsExactly(1, 1, 3);
        assertThat(comparison.got()).isEqualTo(-0.5);
        assertThat(comparison.want()).isZero();

        Comparison scalar = Comparison.of(new Value(0, "x", TensorType.f32()), "", scalar(1), scalar(2), 1);
        assertThat(scalar.worstIndex()).isEmpty();
        assertThat(scalar.difference().normalised()).isCloseTo(0.25, within(1e-12));
    }

    private static Tensor scalar(float value) {
        return Tensor.of(Shape.of(), value);
    }

    private static Tensor tensor(float... values) {
        return Tensor.of(Shape.of(values.length), values);
    }
}
