package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.layer.Resize;
import io.conv4j.layer.Resize.Coordinates;
import io.conv4j.layer.Resize.Interpolation;
import io.conv4j.layer.Resize.Rounding;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The numbers are those of the examples in ONNX's documentation of Resize. */
class ResizeKernelTest {
    private static final Tensor TWO = Tensor.of(Shape.of(1, 1, 2, 2), 1, 2, 3, 4);
    private static final Tensor FOUR =
            Tensor.of(Shape.of(1, 1, 4, 4), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);

    private static Resize resize(
            Interpolation interpolation, Coordinates coordinates, double y, double x, int height, int width) {
        return new Resize(
                interpolation,
                coordinates,
                Rounding.ROUND_PREFER_FLOOR,
                List.of(1.0, 1.0, y, x),
                List.of(1, 1, height, width),
                -0.75f,
                false,
                0,
                List.of(),
                List.of());
    }

    private static void expect(Resize layer, Tensor src, double... values) {
        Tensor dst = SingleStep.run(layer, src);
        double[] got =
                IntStream.range(0, dst.shape().elements()).mapToDouble(dst::get).toArray();

        assertThat(got).containsExactly(values, within(4e-6));
    }

    @Test
    void nearest() {
        expect(resize(Interpolation.NEAREST, Coordinates.HALF_PIXEL, 2, 3, 4, 6), TWO, new double[] {
            1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4
        });
    }

    @Test
    void nearestRoundedUp() {
        Resize layer = new Resize(
                Interpolation.NEAREST,
                Coordinates.HALF_PIXEL,
                Rounding.CEIL,
                List.of(1.0, 1.0, 1.0, 2.0),
                List.of(1, 1, 4, 8),
                -0.75f,
                false,
                0,
                List.of(),
                List.of());
        float[] firstRow = {1, 2, 2, 3, 3, 4, 4, 4};

        assertThat(SingleStep.run(layer, FOUR).toFloats())
                .startsWith(firstRow)
                .endsWith(13, 14, 14, 15, 15, 16, 16, 16);
    }

    @Test
    void linear() {
        expect(resize(Interpolation.LINEAR, Coordinates.HALF_PIXEL, 2, 2, 4, 4), TWO, new double[] {
            1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4
        });
    }

    @Test
    void linearDown() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2, 4), 1, 2, 3, 4, 5, 6, 7, 8);

        expect(resize(Interpolation.LINEAR, Coordinates.HALF_PIXEL, 0.6, 0.6, 1, 2), src, 2.6666665, 4.3333331);
    }

    @Test
    void linearBetweenCorners() {
        expect(resize(Interpolation.LINEAR, Coordinates.ALIGN_CORNERS, 2, 2, 4, 4), TWO, new double[] {
            1,
            1.33333333,
            1.66666667,
            2,
            1.66666667,
            2,
            2.33333333,
            2.66666667,
            2.33333333,
            2.66666667,
            3,
            3.33333333,
            3,
            3.33333333,
            3.66666667,
            4
        });
    }

    @Test
    void cubicDown() {
        expect(resize(Interpolation.CUBIC, Coordinates.HALF_PIXEL, 0.8, 0.8, 3, 3), FOUR, new double[] {
            1.47119141, 2.78125, 4.08251953,
            6.71142578, 8.02148438, 9.32275391,
            11.91650391, 13.2265625, 14.52783203
        });
    }

    @Test
    void cubicWithoutWhatLiesOutside() {
        Resize layer = new Resize(
                Interpolation.CUBIC,
                Coordinates.HALF_PIXEL,
                Rounding.ROUND_PREFER_FLOOR,
                List.of(1.0, 1.0, 0.8, 0.8),
                List.of(1, 1, 3, 3),
                -0.5f,
                true,
                0,
                List.of(),
                List.of());

        expect(layer, FOUR, new double[] {
            1.36812675, 2.6695014, 4.0133367,
            6.57362535, 7.875, 9.2188353,
            11.94896657, 13.25034122, 14.59417652
        });
    }

    @Test
    void regionThatReachesOutside() {
        Resize layer = new Resize(
                Interpolation.LINEAR,
                Coordinates.CROP_AND_RESIZE,
                Rounding.ROUND_PREFER_FLOOR,
                List.of(1.0, 1.0, 0.75, 0.75),
                List.of(1, 1, 3, 3),
                -0.75f,
                false,
                10,
                List.of(0.0, 0.0, 0.4, 0.6),
                List.of(1.0, 1.0, 1.2, 1.7));

        expect(layer, FOUR, 7.6000004, 10, 10, 12.400001, 10, 10, 10, 10, 10);
    }
}
