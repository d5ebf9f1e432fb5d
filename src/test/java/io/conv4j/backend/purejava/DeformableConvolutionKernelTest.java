package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.DeformableConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeformableConvolutionKernelTest {
    private static Tensor integers(Shape shape, long seed) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextInt(9) - 4);
        }
        return tensor;
    }

    private static Tensor filled(Shape shape, double value) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, value);
        }
        return tensor;
    }

    @Test
    void withoutOffsetsItIsAConvolution() {
        Window image = new Window(List.of(new Axis(3, 2, 1, 1, 2), new Axis(2, 1, 2, 0, 1)));
        requireConvolution(image, Shape.of(2, 4, 7, 9), Shape.of(6, 2, 3, 2), 2);
        requireConvolution(Window.of(3).pad(1), Shape.of(1, 4, 11), Shape.of(5, 4, 3), 1);
        requireConvolution(Window.of(2, 3, 2).pad(1), Shape.of(1, 2, 4, 5, 3), Shape.of(4, 1, 2, 3, 2), 2);
    }

    private static void requireConvolution(Window window, Shape shape, Shape kernel, int groups) {
        Tensor src = integers(shape, 1);
        Tensor weights = integers(kernel, 2);
        Tensor bias = integers(Shape.of(kernel.extent(0)), 3);
        Tensor plain = SingleStep.run(new Convolution(window, groups), src, weights, bias);
        Tensor offset = filled(plain.shape().with(1, 2 * window.taps() * window.rank()), 0);
        Tensor mask = filled(plain.shape().with(1, 2 * window.taps()), 2);

        assertThat(SingleStep.run(new DeformableConvolution(window, groups, 2, false), src, weights, offset, bias)
                        .toFloats())
                .isEqualTo(plain.toFloats());
        Tensor twice = SingleStep.run(new Convolution(window, groups), src, weights);
        for (int i = 0; i < twice.shape().elements(); i++) {
            twice.set(i, 2 * twice.get(i));
        }
        assertThat(SingleStep.run(new DeformableConvolution(window, groups, 2, true), src, weights, offset, mask)
                        .toFloats())
                .isEqualTo(twice.toFloats());
    }

    @Test
    void offsetsMoveRowsFirstAndReadBetweenElements() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2, 3), 1, 2, 3, 11, 12, 13);
        Tensor weights = Tensor.of(Shape.of(1, 1, 1, 1), 1);
        Tensor rows = Tensor.of(Shape.of(1, 2, 2, 3), 0.5f, -0.5f, 1, 0, 1, -2, 0, 0.5f, -2, 0.25f, 0, 0.5f);

        assertThat(SingleStep.run(new DeformableConvolution(Window.square(1), 1, 1, false), src, weights, rows)
                        .toFloats())
                .containsExactly(6, 1.25f, 11, 11.25f, 0, 0);
    }

    @Test
    void eachOffsetGroupReadsItsOwnPlaces() {
        Tensor src = Tensor.of(Shape.of(1, 2, 3), 1, 2, 3, 10, 20, 30);
        Tensor weights = Tensor.of(Shape.of(1, 2, 1), 1, 1);
        Tensor offset = Tensor.of(Shape.of(1, 2, 3), 1, 1, 1, -1, -1, -1);

        assertThat(SingleStep.run(new DeformableConvolution(Window.of(1), 1, 2, false), src, weights, offset)
                        .toFloats())
                .containsExactly(2, 13, 20);
    }

    @Test
    void offsetsThatAreNoneReadZeros() {
        float[] hostile = {
            Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE, 4e9f
        };
        Tensor src = filled(Shape.of(1, 1, hostile.length), 5);
        Tensor weights = filled(Shape.of(1, 1, 1), 1);
        Tensor offset = Tensor.of(Shape.of(1, 1, hostile.length), hostile);

        assertThat(SingleStep.run(new DeformableConvolution(Window.of(1), 1, 1, false), src, weights, offset)
                        .toFloats())
                .containsOnly(0);
    }

    @Test
    void noGroupsAreRefused() {
        assertThatThrownBy(() -> new DeformableConvolution(Window.of(1), 1, 0, false))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("got 1 and 0");
    }
}
