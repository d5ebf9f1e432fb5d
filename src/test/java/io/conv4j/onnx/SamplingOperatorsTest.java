package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.opset;
import static io.conv4j.onnx.ModelWriter.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.Conv4jException;
import io.conv4j.layer.GridSample;
import io.conv4j.layer.Resize;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingOperatorsTest {
    private static ModelWriter gridSample(int opset, Shape src, Shape grid, String mode, String padding, int align) {
        return opset(opset)
                .input("src", (Object[]) boxed(src))
                .input("grid", (Object[]) boxed(grid))
                .node(
                        "GridSample",
                        "src grid",
                        "dst",
                        text("mode", mode),
                        text("padding_mode", padding),
                        integer("align_corners", align))
                .output("dst", TensorProto.DataType.FLOAT);
    }

    private static Integer[] boxed(Shape shape) {
        return java.util.Arrays.stream(shape.extents()).boxed().toArray(Integer[]::new);
    }

    /** Whole multiples of a power of two, so that the judge, in single precision, is at the same positions. */
    private static Tensor numbers(Shape shape, int steps, double step) {
        Random random = new Random(5);
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, (random.nextInt(2 * steps + 1) - steps) * step);
        }
        return tensor;
    }

    @ParameterizedTest
    @CsvSource({
        "bilinear, zeros", "bilinear, border", "bilinear, reflection",
        "nearest, zeros", "nearest, border", "nearest, reflection",
        "bicubic, zeros", "bicubic, border", "bicubic, reflection"
    })
    void imagesAreSampledAsByOnnxRuntime(String mode, String padding) {
        for (int align = 0; align < 2; align++) {
            Shape src = Shape.of(2, 3, 5, 8);
            Shape grid = Shape.of(2, 9, 11, 2);
            Judgement.agree(
                    gridSample(16, src, grid, mode, padding, align),
                    Map.of("src", numbers(src, 1000, 1 / 512.0), "grid", numbers(grid, 90, 1 / 32.0)));
        }
    }

    @ParameterizedTest
    @CsvSource({"linear, zeros", "linear, border", "linear, reflection", "nearest, zeros", "nearest, reflection"})
    void volumesAreSampledAsByOnnxRuntime(String mode, String padding) {
        for (int align = 0; align < 2; align++) {
            Shape src = Shape.of(2, 2, 3, 4, 5);
            Shape grid = Shape.of(2, 4, 3, 6, 3);
            Judgement.agree(
                    gridSample(20, src, grid, mode, padding, align),
                    Map.of("src", numbers(src, 1000, 1 / 512.0), "grid", numbers(grid, 80, 1 / 32.0)));
        }
    }

    @Test
    void theDefaultsAreLinearWithZerosBetweenOuterEdges() {
        assertThat(opset(20)
                        .input("src", 1, 1, 4)
                        .input("grid", 1, 3, 1)
                        .node("GridSample", "src grid", "dst")
                        .output("dst")
                        .build()
                        .nodes())
                .singleElement()
                .extracting(node -> node.layer())
                .isEqualTo(new GridSample(Resize.Interpolation.LINEAR, GridSample.Outside.ZEROS, false));
    }

    @Test
    void badAttributesAndShapesAreNamed() {
        Shape src = Shape.of(1, 1, 4, 4);
        Shape grid = Shape.of(1, 2, 2, 2);
        assertThatThrownBy(gridSample(16, src, grid, "cubic", "zeros", 0)::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("got 'cubic'");
        assertThatThrownBy(gridSample(20, src, grid, "cubic", "wrap", 0)::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("got 'wrap'");
        assertThatThrownBy(gridSample(20, src, Shape.of(1, 2, 2, 3), "cubic", "zeros", 0)::build)
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("grid 1x2x2x3 should be");
    }
}
