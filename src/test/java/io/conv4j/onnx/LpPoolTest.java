package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.integers;
import static io.conv4j.onnx.ModelWriter.opset;
import static io.conv4j.onnx.ModelWriter.real;
import static io.conv4j.onnx.ModelWriter.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.graph.Node;
import io.conv4j.layer.Reduce;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LpPoolTest {
    private static ModelWriter pool(int opset, AttributeProto... attributes) {
        return opset(opset)
                .input("src", 1, 3, 9, 10)
                .node("LpPool", "src", "dst", attributes)
                .output("dst", TensorProto.DataType.FLOAT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void isTheNormOfEachWindow(int p) {
        Judgement.agree(pool(
                18,
                integer("p", p),
                integers("kernel_shape", 3, 2),
                integers("strides", 2, 1),
                integers("dilations", 1, 2),
                integers("pads", 1, 0, 2, 1)));
        Judgement.agree(pool(11, integer("p", p), integers("kernel_shape", 2, 3), text("auto_pad", "SAME_LOWER")));
    }

    @Test
    void roundsExtentsUpWithZerosBeyondTheInput() {
        Judgement.agree(pool(22, integers("kernel_shape", 3, 3), integers("strides", 2, 4), integer("ceil_mode", 1)));
        Judgement.agree(pool(
                22,
                integer("p", 3),
                integers("kernel_shape", 2, 2),
                integers("strides", 3, 3),
                integers("pads", 0, 1, 1, 1),
                integer("ceil_mode", 1)));
    }

    @Test
    void takesARealExponentInOpset1() {
        AttributeProto kernel = integers("kernel_shape", 2, 2);

        assertThat(pool(1, kernel, real("p", 3)).build().nodes())
                .isEqualTo(pool(2, kernel, integer("p", 3)).build().nodes());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void isOneNumberPerChannelInItsGlobalForm(int p) {
        ModelWriter global = opset(13)
                .input("src", 2, 3, 4, 5)
                .node("GlobalLpPool", "src", "dst", integer("p", p))
                .output("dst", TensorProto.DataType.FLOAT);

        Judgement.agree(global);
        if (p == 2) {
            assertThat(global.build().nodes())
                    .extracting(Node::layer)
                    .containsExactly(new Reduce(Reduce.Kind.L2, List.of(2, 3), true));
        }
    }

    @Test
    void refusesExponentsThatMakeNoNorm() {
        assertThatThrownBy(pool(18, integer("p", 0), integers("kernel_shape", 2, 2))::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("'p' should be above 0, got 0");
        assertThatThrownBy(pool(18, integer("p", 2))::build)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("'kernel_shape' is missing");
    }
}
