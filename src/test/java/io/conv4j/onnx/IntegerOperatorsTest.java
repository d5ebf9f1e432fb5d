package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.integers;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import io.conv4j.validate.SeededInputs;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of 8-bit integers against ONNX Runtime, to the last bit. */
class IntegerOperatorsTest {
    private static final AttributeProto[] STRIDED = {
        integers("strides", 2, 1), integers("pads", 1, 0, 2, 1), integers("dilations", 1, 2), integer("group", 2)
    };

    private static Tensor bytes(DataType type, int... extents) {
        return SeededInputs.of(List.of(new TensorType(type, Shape.of(extents))), 7)
                .get(0);
    }

    /**
     * Halved, so that they have 7 bits: on a CPU without VNNI, ONNX Runtime adds two products of U8 and S8 in 16 bits, and
     * saturates where the weights have 8.
     */
    private static Tensor sevenBits(int... extents) {
        Tensor bytes = bytes(DataType.S8, extents);
        for (int i = 0; i < bytes.shape().elements(); i++) {
            bytes.setLong(i, bytes.getLong(i) / 2);
        }
        return bytes;
    }

    private static Tensor number(DataType type, long value) {
        Tensor tensor = Tensor.zeros(type, Shape.of());
        tensor.setLong(0, value);
        return tensor;
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"U8", "S8"})
    void convolutionSubtractsZeroPoints(DataType weights) {
        Judgement.agree(opset(10)
                .input("src", TensorProto.DataType.UINT8, 2, 6, 9, 8)
                .constant("weights", bytes(weights, 4, 3, 3, 2))
                .constant("srcZero", number(DataType.U8, 131))
                .constant("weightsZero", number(weights, 5))
                .node("ConvInteger", "src weights srcZero weightsZero", "dst", STRIDED)
                .output("dst", TensorProto.DataType.INT32));
    }

    @Test
    void convolutionGoesWithoutZeroPoints() {
        Judgement.agree(opset(10)
                .input("src", TensorProto.DataType.UINT8, 1, 2, 5, 5)
                .constant("weights", bytes(DataType.S8, 3, 2, 3, 3))
                .node("ConvInteger", "src weights", "dst")
                .output("dst", TensorProto.DataType.INT32));
    }

    @Test
    void quantizedConvolutionScalesEachChannel() {
        Judgement.agree(opset(10)
                .input("src", TensorProto.DataType.UINT8, 2, 6, 9, 8)
                .constant("srcScale", Tensor.of(Shape.of(), 0.02f))
                .constant("srcZero", number(DataType.U8, 120))
                .constant("weights", sevenBits(4, 3, 3, 2))
                .constant("weightsScale", Tensor.of(Shape.of(4), 0.01f, 0.02f, 0.003f, 0.04f))
                .constant("weightsZero", Tensor.zeros(DataType.S8, Shape.of(4)))
                .constant("dstScale", Tensor.of(Shape.of(), 0.7f))
                .constant("dstZero", number(DataType.U8, 99))
                .constant("bias", bias())
                .node(
                        "QLinearConv",
                        "src srcScale srcZero weights weightsScale weightsZero dstScale dstZero bias",
                        "dst",
                        STRIDED)
                .output("dst", TensorProto.DataType.UINT8));
    }

    private static Tensor bias() {
        Tensor bias = Tensor.zeros(DataType.S32, Shape.of(4));
        for (int i = 0; i < 4; i++) {
            bias.setLong(i, 3000L * (i - 1));
        }
        return bias;
    }

    @Test
    void productSubtractsZeroPointsOfRowsAndColumns() {
        Judgement.agree(opset(10)
                .input("a", TensorProto.DataType.UINT8, 2, 5, 7)
                .constant("b", sevenBits(7, 6))
                .constant("aZero", number(DataType.U8, 200))
                .constant("bZero", bytes(DataType.S8, 6))
                .node("MatMulInteger", "a b aZero bZero", "dst")
                .output("dst", TensorProto.DataType.INT32));
    }

    /** ONNX Runtime takes no zero point per row. */
    @Test
    void productOfRowsWithZeroPointsOfTheirOwn() {
        assertThat(opset(10)
                        .constant("a", bytes(DataType.U8, 3, 4))
                        .input("b", TensorProto.DataType.UINT8, 4, 2)
                        .constant("aZero", bytes(DataType.U8, 3))
                        .node("MatMulInteger", "a b aZero", "dst")
                        .output("dst", TensorProto.DataType.INT32)
                        .build()
                        .constants()
                        .values())
                .singleElement()
                .satisfies(rows -> {
                    Tensor a = bytes(DataType.U8, 3, 4);
                    Tensor zero = bytes(DataType.U8, 3);
                    for (int i = 0; i < 12; i++) {
                        assertThat(rows.getLong(i)).isEqualTo(a.getLong(i) - zero.getLong(i / 4));
                    }
                });
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"U8", "S8"})
    void quantizedProductRoundsOnce(DataType type) {
        Judgement.agree(opset(10)
                .input("a", ModelWriter.type(type), 2, 5, 70)
                .input("b", ModelWriter.type(type), 2, 70, 6)
                .constant("aScale", Tensor.of(Shape.of(), 0.03f))
                .constant("aZero", number(type, 100))
                .constant("bScale", Tensor.of(Shape.of(), 0.011f))
                .constant("bZero", number(type, 90))
                .constant("dstScale", Tensor.of(Shape.of(), 1.3f))
                .constant("dstZero", number(type, 60))
                .node("QLinearMatMul", "a aScale aZero b bScale bZero dstScale dstZero", "dst")
                .output("dst", ModelWriter.type(type)));
    }

    @Test
    void otherTypesAreRefused() {
        assertThatThrownBy(opset(10)
                        .input("a", TensorProto.DataType.INT32, 2, 2)
                        .input("b", TensorProto.DataType.INT8, 2, 2)
                        .node("MatMulInteger", "a b", "dst")
                        .output("dst", TensorProto.DataType.INT32)::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("it takes u8 or s8, got a [s32 2x2]");
        assertThatThrownBy(opset(10)
                        .input("a", TensorProto.DataType.UINT8, 2, 2)
                        .input("b", TensorProto.DataType.UINT8, 2, 2)
                        .constant("aZero", number(DataType.S8, 1))
                        .node("MatMulInteger", "a b aZero", "dst")
                        .output("dst", TensorProto.DataType.INT32)::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the zero point of a [u8 2x2] should have its type");
    }
}
