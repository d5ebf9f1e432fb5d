package io.conv4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Resize.Interpolation;
import io.conv4j.layer.Resize.Neighbours;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResizeFilterTest {
    private static ResizeFilter filter(Interpolation interpolation, double scale) {
        return new ResizeFilter(interpolation, scale, -0.75f);
    }

    @Test
    void isTheTriangleStretched() {
        // At half the size every second element's centre lies between two: weights 1, 3, 3, 1.
        Neighbours inner = filter(Interpolation.LINEAR, 0.5).neighbours(2.5, 8, false);
        Neighbours border = filter(Interpolation.LINEAR, 0.5).neighbours(0.5, 8, false);
        Neighbours excluded = filter(Interpolation.LINEAR, 0.5).neighbours(0.5, 8, true);

        assertThat(inner.first()).isEqualTo(1);
        assertThat(inner.weights()).containsExactly(0.125, 0.375, 0.375, 0.125);
        assertThat(border.weights()).containsExactly(0.5, 0.375, 0.125);
        assertThat(excluded.weights()).containsExactly(new double[] {3 / 7.0, 3 / 7.0, 1 / 7.0}, within(1e-15));
    }

    @Test
    void isKeysKernelAtFullSize() {
        Resize cubic = new Resize(
                Interpolation.CUBIC,
                Resize.Coordinates.HALF_PIXEL,
                Resize.Rounding.FLOOR,
                List.of(1.0),
                List.of(9),
                -0.75f,
                false,
                0,
                List.of(),
                List.of());
        float[] four = cubic.cubicWeights(4.3, 9);
        Neighbours same = filter(Interpolation.CUBIC, 1).neighbours(4.3, 9, false);

        assertThat(same.first()).isEqualTo(3);
        for (int i = 0; i < 4; i++) {
            assertThat(same.weights()[i]).isCloseTo(four[i], within(1e-7));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e300, -1000, -0.4, 0, 3.7, 6.49, 1e6, 1e300})
    void sumsToOneWhereverItStands(double position) {
        for (Interpolation interpolation : List.of(Interpolation.LINEAR, Interpolation.CUBIC)) {
            for (double scale : new double[] {0.01, 0.3, 0.99, 1, 5}) {
                for (boolean exclude : new boolean[] {false, true}) {
                    Neighbours all = filter(interpolation, scale).neighbours(position, 7, exclude);

                    assertThat(Arrays.stream(all.weights()).sum()).isCloseTo(1, within(1e-9));
                    assertThat(all.first()).isBetween(0, 7 - all.weights().length);
                }
            }
        }
    }

    @Test
    void isNotMadeForScalesThatTakeTooManyWeights() {
        assertThatThrownBy(() -> new Resize(
                        Interpolation.LINEAR,
                        Resize.Coordinates.HALF_PIXEL,
                        Resize.Rounding.FLOOR,
                        List.of(1e-7),
                        List.of(10),
                        -0.75f,
                        false,
                        0,
                        List.of(),
                        List.of(),
                        true))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("Resize to 10 elements by 1.0E-7 takes more than 16777216 weights");
    }
}
