package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.graph.Node;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Quantize;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Quantization against ONNX Runtime, integers exactly; and what is refused. */
class QuantizationTest {
    private static final Quantize TO_U16 = new Quantize(DataType.S32, 0, 0xffff);

    private static Tensor filled(DataType type, Shape shape, int from, int step) {
        Tensor tensor = Tensor.zeros(type, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.setLong(i, from + (long) i * step);
        }
        return tensor;
    }

    /** Multiples of a 256th, many of them ties. */
    private static Tensor fractions(Shape shape, double step) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, (i - shape.elements() / 2) * step);
        }
        return tensor;
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"U8", "S8"})
    void byTensorTiesGoToEven(DataType type) {
        ModelWriter model = opset(13)
                .input("src", 40, 50)
                .constant("scale", Tensor.of(Shape.of(), 0.35f))
                .constant("zero", filled(type, Shape.of(), 3, 0))
                .node("QuantizeLinear", "src scale zero", "dst")
                .output("dst", ModelWriter.type(type));

        Judgement.agree(model, Map.of("src", fractions(Shape.of(40, 50), 0.175)));
        Judgement.agree(model, Map.of("src", fractions(Shape.of(40, 50), 0.0391)));
    }

    @Test
    void alongAnAxisAndBack() {
        Judgement.agree(opset(13)
                .input("src", 2, 3, 4, 5)
                .constant("scale", Tensor.of(Shape.of(3), 0.01f, 0.003f, 0.5f))
                .constant("zero", filled(DataType.S8, Shape.of(3), -20, 30))
                .node("QuantizeLinear", "src scale zero", "quantized", integer("axis", -3))
                .node("DequantizeLinear", "quantized scale zero", "dst")
                .output("quantized", TensorProto.DataType.INT8)
                .output("dst", TensorProto.DataType.FLOAT));
    }

    @Test
    void inBlocksOfAnAxis() {
        ModelWriter model = opset(21)
                .input("src", TensorProto.DataType.INT8, 2, 7)
                .constant("scale", Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6))
                .constant("zero", filled(DataType.S8, Shape.of(2, 3), -3, 1))
                .node("DequantizeLinear", "src scale zero", "dst", integer("axis", 1), integer("block_size", 3))
                .output("dst", TensorProto.DataType.FLOAT);

        Judgement.agree(model);
    }

    @Test
    void ofS32WithoutZeroPoint() {
        Judgement.agree(
                opset(13)
                        .input("src", TensorProto.DataType.INT32, 5)
                        .constant("scale", Tensor.of(Shape.of(), 0.1f))
                        .node("DequantizeLinear", "src scale", "dst")
                        .output("dst", TensorProto.DataType.FLOAT),
                Map.of("src", filled(DataType.S32, Shape.of(5), -1_000_000_007, 400_000_009)));
    }

    @Test
    void byTheRangeOfTheTensor() {
        ModelWriter model = opset(13)
                .input("src", 30, 41)
                .node("DynamicQuantizeLinear", "src", "dst scale zero")
                .output("dst", TensorProto.DataType.UINT8)
                .output("scale", TensorProto.DataType.FLOAT)
                .output("zero", TensorProto.DataType.UINT8);

        Judgement.agree(model);
        Judgement.agree(model, Map.of("src", fractions(Shape.of(30, 41), 0.125)));
        Tensor positive = fractions(Shape.of(30, 41), 0.01);
        positive.set(0, 0.5);
        Judgement.agree(model, Map.of("src", positive));
    }

    @Test
    void ofConstantWeightsIsDoneAtImport() {
        assertThat(opset(13)
                        .input("src", 2, 3)
                        .constant("bytes", filled(DataType.S8, Shape.of(3, 4), -5, 1))
                        .constant("scale", Tensor.of(Shape.of(4), 1, 2, 3, 4))
                        .node("DequantizeLinear", "bytes scale", "weights")
                        .node("MatMul", "src weights", "dst")
                        .output("dst")
                        .build()
                        .nodes())
                .extracting(Node::layer)
                .extracting(Layer::word)
                .containsExactly("MatMul");
    }

    /** Scales are powers of two, so that sums are exact in whatever order. */
    @Test
    void aroundAConvolutionThatStaysInF32() {
        ModelWriter model = opset(13)
                .input("src", 1, 4, 9, 9)
                .constant("fine", Tensor.of(Shape.of(), 0.125f))
                .constant("coarse", Tensor.of(Shape.of(), 2))
                .constant("zero", filled(DataType.U8, Shape.of(), 128, 0))
                .constant("bytes", filled(DataType.S8, Shape.of(5, 4, 2, 2), -40, 1))
                .constant("perOutput", Tensor.of(Shape.of(5), 0.25f, 0.5f, 1, 2, 4))
                .node("QuantizeLinear", "src fine zero", "a")
                .node("DequantizeLinear", "a fine zero", "b")
                .node("DequantizeLinear", "bytes perOutput", "weights", integer("axis", 0))
                .node("Conv", "b weights", "c")
                .node("Relu", "c", "d")
                .node("QuantizeLinear", "d coarse zero", "dst")
                .output("dst", TensorProto.DataType.UINT8);

        Judgement.agree(model, Map.of("src", fractions(Shape.of(1, 4, 9, 9), 0.0625)));
    }

    private static ModelWriter sixteenBits() {
        return opset(21).input("src", 4).constant("scale", Tensor.of(Shape.of(), 1));
    }

    private static TensorProto u16(String name) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.UINT16_VALUE)
                .addInt32Data(7)
                .build();
    }

    @Test
    void knowsIntegersOf16BitsByWhatTheFileSays() {
        ModelWriter initializer = sixteenBits();
        initializer.graph().addInitializer(u16("number"));
        ModelWriter constant = sixteenBits().node("Constant", "", "number", ModelWriter.tensor("value", u16("")));
        ModelWriter input = sixteenBits().input("number", TensorProto.DataType.UINT16);
        ModelWriter cast = sixteenBits()
                .longs("long", 7)
                .node("Cast", "long", "number", integer("to", TensorProto.DataType.UINT16_VALUE));
        for (ModelWriter model : new ModelWriter[] {initializer, constant, input, cast}) {
            model.node("Identity", "number", "zero")
                    .node("QuantizeLinear", "src scale zero", "dst")
                    .output("dst", TensorProto.DataType.UINT16);

            assertThat(model.build().nodes()).extracting(Node::layer).contains(TO_U16);
        }
    }

    @Test
    void refusesWhatIsNotKnownOrNotThere() {
        ModelWriter unknown = sixteenBits()
                .input("number", TensorProto.DataType.UINT16)
                .node("Abs", "number", "zero")
                .node("QuantizeLinear", "src scale zero", "dst")
                .output("dst", TensorProto.DataType.UINT16);
        assertThatThrownBy(unknown::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("does not say whether its input 'zero' has 16 or 32 bits");
        assertThatThrownBy(sixteenBits()
                        .node(
                                "QuantizeLinear",
                                "src scale",
                                "dst",
                                integer("output_dtype", TensorProto.DataType.FLOAT8E5M2_VALUE))
                        .output("dst")::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("quantization to FLOAT8E5M2");
        assertThatThrownBy(sixteenBits()
                        .constant("bad", Tensor.of(Shape.of(3), 1, 1, 1))
                        .node("QuantizeLinear", "src bad", "dst", integer("axis", 0))
                        .output("dst")::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("[3] is neither one number nor one per element");
        assertThatThrownBy(sixteenBits()
                        .constant("zero", filled(DataType.S8, Shape.of(), 0, 0))
                        .node("QuantizeLinear", "src scale zero", "dst", integer("output_dtype", 2))
                        .output("dst")::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the zero point should be u8");
    }
}
