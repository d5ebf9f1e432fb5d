package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The judge's own arithmetic. */
class DifferenceTest {
    @Test
    void measuresByHandComputedNumbers() {
        Difference difference = Difference.between(tensor(1, 2, -4, 0), tensor(1, 4, -4, 1));
        assertThat(difference).isEqualTo(new Difference(1, 2, 5 / 34.0, 4, 0, 0.25, 0));
        difference.requireWithin(2, "x");
        assertThatThrownBy(() -> difference.requireWithin(1.99, "x"))
                .hasMessageStartingWith("x: off by more than 1.99");
        difference.requireNormalised(0.148, "x");
        assertThatThrownBy(() -> difference.requireNormalised(0.147, "x")).hasMessageContaining("above 0.147");
    }

    @Test
    void trustsNoNumbersThatAreNotFinite() {
        Difference difference = Difference.between(tensor(1, Float.NaN), tensor(1, 2));
        assertThat(difference.largest()).isInfinite();
        assertThatThrownBy(() -> difference.requireWithin(Double.POSITIVE_INFINITY, "x"))
                .hasMessageContaining("not finite");
        assertThat(Difference.between(tensor(Float.POSITIVE_INFINITY), tensor(Float.POSITIVE_INFINITY)))
                .extracting(Difference::largest)
                .isEqualTo(0.0);
    }

    @Test
    void trustsNoZerosWhereNoneAreWanted() {
        Difference difference = Difference.between(tensor(0, 0, 1), tensor(1e-9f, 1e-9f, 1));
        assertThatThrownBy(() -> difference.requireWithin(1, "x")).hasMessageContaining("zeros");
        Difference.between(tensor(0, 0, 1), tensor(0, 0, 1)).requireWithin(0, "x");
    }

    @Test
    void comparesLikeWithLikeOnly() {
        assertThatThrownBy(() -> Difference.between(tensor(1, 2), tensor(1))).hasMessageContaining("wanted f32 1");
        assertThatThrownBy(() -> Difference.requireNormalised(
                        Map.of("a", tensor(1)), Map.of("a", tensor(1), "b", tensor(1)), 1, "x"))
                .hasMessageContaining("got outputs [a]");
        assertThatThrownBy(() -> Difference.requireNormalised(Map.of(), Map.of(), 1, "x"))
                .hasMessageContaining("wanted []");
    }

    private static Tensor tensor(float... values) {
        return Tensor.of(Shape.of(values.length), values);
    }
}
