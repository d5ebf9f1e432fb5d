package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.integers;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.Conv4jException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeformConvTest {
    /** 2 groups, 2 offset groups, 3x2 taps, output 4x7. */
    private static ModelWriter convolution(String inputs) {
        return opset(19)
                .input("src", 2, 4, 7, 8)
                .input("weights", 6, 2, 3, 2)
                .input("offset", 2, 24, 4, 7)
                .input("bias", 6)
                .input("mask", 2, 12, 4, 7)
                .node(
                        "DeformConv",
                        inputs,
                        "dst",
                        integer("group", 2),
                        integer("offset_group", 2),
                        integers("kernel_shape", 3, 2),
                        integers("strides", 2, 1),
                        integers("dilations", 1, 2),
                        integers("pads", 1, 0, 1, 1))
                .output("dst", TensorProto.DataType.FLOAT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "src weights offset",
                "src weights offset bias",
                "src weights offset - mask",
                "src weights offset bias mask"
            })
    void agreesWithOnnxRuntimeWhateverIsLeftOut(String inputs) {
        Judgement.agree(convolution(inputs));
    }

    @Test
    void badShapesAreNamed() {
        assertThatThrownBy(convolution("src weights mask")::build)
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("offset 2x12x4x7 should have 24 channels");
        assertThatThrownBy(convolution("src weights")::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("input 2 is missing");
    }
}
