package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AffineGridTest {
    private static ModelWriter grid(ModelWriter model, boolean alignCorners, long... size) {
        return model.longs("size", size)
                .node("AffineGrid", "theta size", "grid", integer("align_corners", alignCorners ? 1 : 0))
                .output("grid", TensorProto.DataType.FLOAT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void hasTwoOrThreeCoordinatesAnElement(boolean alignCorners) {
        Judgement.agree(grid(opset(20).input("theta", 2, 2, 3), alignCorners, 2, 3, 5, 4));
        Judgement.agree(grid(opset(20).input("theta", 1, 3, 4), alignCorners, 1, 3, 3, 5, 4));
    }

    @Test
    void refusesSizesThatAreNoImages() {
        assertThatThrownBy(grid(opset(20).input("theta", 2, 2, 3), false, 2, 3, 5)::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("size [2x3x5] should be N, C, H, W");
        assertThatThrownBy(grid(opset(20).input("theta", 2, 2, 3), false, 1, 3, 5, 5)::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("should be [1x2x3] for size [1x3x5x5]");
        assertThatThrownBy(grid(opset(20).input("theta", 1, 2, 3), false, 1, 1, 1 << 15, 1 << 15)::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("a grid of 1073741824 places");
    }
}
