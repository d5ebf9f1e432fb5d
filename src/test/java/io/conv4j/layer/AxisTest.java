package io.conv4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Extents worked out by hand. */
class AxisTest {
    @ParameterizedTest
    @CsvSource({
        "224, 7, 2, 1, 3, 3, 112",
        "5, 3, 1, 1, 0, 0, 3",
        "5, 3, 2, 2, 2, 2, 3",
        "7, 3, 2, 1, 0, 1, 3",
        "3, 1, 4, 1, 0, 0, 1",
        "10, 3, 3, 1, 1, 0, 3",
        "1, 3, 1, 1, 1, 1, 1"
    })
    void convolution(int input, int kernel, int stride, int dilation, int before, int after, int output) {
        Axis axis = new Axis(kernel, stride, dilation, before, after);

        assertThat(axis.outputExtent(input)).isEqualTo(output);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 4, 2, 1, 1, 1, 0, 8",
        "180, 9, 3, 1, 4, 4, 2, 540",
        "1, 4, 1, 1, 0, 0, 0, 4",
        "3, 3, 2, 2, 0, 1, 1, 9",
        "5, 1, 3, 1, 0, 0, 0, 13"
    })
    void transposed(
            int input, int kernel, int stride, int dilation, int before, int after, int outputPadding, int output) {
        Axis axis = new Axis(kernel, stride, dilation, before, after);

        assertThat(axis.transposedExtent(input, outputPadding)).isEqualTo(output);
    }

    @ParameterizedTest
    @CsvSource({"112, 3, 2, 0, 0, 56", "5, 2, 2, 0, 1, 3", "4, 2, 3, 1, 1, 2", "6, 3, 3, 0, 0, 2"})
    void roundedUp(int input, int kernel, int stride, int before, int after, int output) {
        Axis axis = new Axis(kernel, stride, 1, before, after);

        assertThat(axis.outputExtentCeil(input)).isEqualTo(output);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1, 0, 0", "1, 0, 1, 0, 0", "1, 1, 0, 0, 0", "1, 1, 1, -1, 0", "1, 1, 1, 0, -1"})
    void refusesParametersOutOfRange(int kernel, int stride, int dilation, int before, int after) {
        assertThatThrownBy(() -> new Axis(kernel, stride, dilation, before, after))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("kernel " + kernel + ", stride " + stride);
    }

    @Test
    void refusesWindowsThatDoNotFit() {
        assertThatThrownBy(() -> new Axis(3, 1, 2, 0, 1).outputExtent(3))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("window of 5 is wider than the input of 3 padded by 0 and 1");
        assertThatThrownBy(() -> new Axis(2, 1, 1, 3, 3).transposedExtent(2, 0))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("-3 output elements");
        assertThatThrownBy(() -> new Axis(1 << 20, 1, 1 << 20, 0, 0))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("too wide");
        assertThatThrownBy(() -> new Axis(1, 1 << 20, 1, 0, 0).transposedExtent(1 << 20, 0))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("output elements");
    }

    @Test
    void tapsMeetTheElementsTheyShould() {
        Axis axis = new Axis(3, 2, 2, 1, 0);

        assertThat(axis.effectiveKernel()).isEqualTo(5);
        assertThat(axis.inputIndex(0, 0)).isEqualTo(-1);
        assertThat(axis.inputIndex(3, 2)).isEqualTo(9);
        assertThat(axis.transposedIndex(2, 1)).isEqualTo(5);
    }

    @Test
    void windowsMakeWholeShapes() {
        Window window = Window.of(3, 5).stride(2).pad(1);
        Shape src = Shape.of(2, 4, 9, 11);

        assertThat(window.outputShape(src, 6)).isEqualTo(Shape.of(2, 6, 5, 5));
        assertThat(Window.square(2).stride(2).outputShapeCeil(src, 4)).isEqualTo(Shape.of(2, 4, 5, 6));
        assertThat(window.transposedShape(src, 6, List.of(1, 0))).isEqualTo(Shape.of(2, 6, 18, 23));
        assertThat(window.taps()).isEqualTo(15);
        assertThat(Window.of(4).padSame().axis(0)).isEqualTo(new Axis(4, 1, 1, 1, 2));
        assertThat(window).hasToString("new Window(List.of(new Axis(3, 2, 1, 1, 1), new Axis(5, 2, 1, 1, 1)))");
        assertThatThrownBy(() -> Window.of(1, 1, 1, 1)).isInstanceOf(Conv4jException.class);
    }
}
