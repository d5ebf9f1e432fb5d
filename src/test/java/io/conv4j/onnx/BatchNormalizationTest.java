package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.opset;
import static io.conv4j.onnx.ModelWriter.real;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.graph.Node;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class BatchNormalizationTest {
    private static final AttributeProto TRAINING = integer("training_mode", 1);

    private static ModelWriter model(int opset, String outputs, AttributeProto... attributes) {
        return opset(opset)
                .input("src", 2, 3, 4, 5)
                .constant("scale", Tensor.of(Shape.of(3), 1, -2, 0.5f))
                .constant("bias", Tensor.of(Shape.of(3), 0.1f, 0, -3))
                .constant("mean", Tensor.of(Shape.of(3), 0.3f, 0.2f, 0.1f))
                .constant("variance", Tensor.of(Shape.of(3), 1, 2, 3))
                .node("BatchNormalization", "src scale bias mean variance", outputs, attributes)
                .output("dst", TensorProto.DataType.FLOAT);
    }

    @Test
    void trainsByTheBatchAndMixesItIntoTheStatistics() {
        ModelWriter model = model(
                        15, "dst newMean newVariance", TRAINING, real("momentum", 0.7f), real("epsilon", 0.1f))
                .output("newMean", TensorProto.DataType.FLOAT)
                .output("newVariance", TensorProto.DataType.FLOAT);

        Judgement.agree(model);
    }

    @Test
    void trainsBeforeOpset14WhereStatisticsAreAskedFor() {
        ModelWriter asked = model(9, "dst newMean newVariance").output("newMean", TensorProto.DataType.FLOAT);
        ModelWriter test = model(9, "dst newMean newVariance");
        ModelWriter isTest = model(6, "dst newMean newVariance", integer("is_test", 1));

        assertThat(asked.build().nodes())
                .extracting(Node::layer)
                .doesNotContain(new BatchNormalization(1e-5f))
                .hasSizeGreaterThan(5);
        assertThat(test.build().nodes()).extracting(Node::layer).containsExactly(new BatchNormalization(1e-5f));
        assertThat(isTest.build().nodes()).extracting(Node::layer).containsExactly(new BatchNormalization(1e-5f));
    }

    @Test
    void saysWhatTrainingLacks() {
        assertThatThrownBy(
                        model(9, "dst m v savedMean savedVariance").output("savedMean", TensorProto.DataType.FLOAT)
                                ::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("its output 'savedMean' is not made");
        assertThatThrownBy(model(7, "dst m", integer("spatial", 0)).output("m", TensorProto.DataType.FLOAT)::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("training mode with statistics for every element");
    }
}
