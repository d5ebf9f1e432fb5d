package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.Conv4jException;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Reshape;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxModelTest {
    private static ModelWriter flattening() {
        return opset(13)
                .input("src", "n", 3, "h", "w")
                .node("Shape", "src", "shape")
                .node("Gather", "shape zero", "count", integer("axis", 0))
                .node("Unsqueeze", "count axes", "row")
                .node("Concat", "row rest", "wanted", integer("axis", 0))
                .node("Reshape", "src wanted", "flat")
                .node("Relu", "flat", "dst")
                .output("dst")
                .constant("zero", Tensor.ofLongs(Shape.of(), 0))
                .longs("axes", 0)
                .longs("rest", -1);
    }

    @Test
    void aModelIsReadFromEverySource() {
        byte[] bytes = flattening().bytes();
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();

        for (OnnxModel model : List.of(
                OnnxModel.read(bytes),
                OnnxModel.read(ByteBuffer.wrap(bytes)),
                OnnxModel.read(direct),
                OnnxModel.read(new ByteArrayInputStream(bytes)))) {
            assertThat(model.name()).isEqualTo("small");
            assertThat(model.opset()).isEqualTo(13);
            assertThat(model.inputs())
                    .containsExactly(new ModelTensor("src", DataType.F32, List.of("n", "3", "h", "w")));
            assertThat(model.outputs()).extracting(ModelTensor::name).containsExactly("dst");
        }
        assertThat(direct.remaining()).isEqualTo(bytes.length);
    }

    @Test
    void shapesAreChosenOnceForEachGraph() {
        OnnxModel model = flattening().model();

        Graph small = model.graph(Map.of("src", Shape.of(2, 3, 4, 5)));
        Graph large = model.graph(Map.of("src", Shape.of(1, 3, 8, 8)));

        assertThat(small.nodes())
                .extracting(Node::layer)
                .containsExactly(new Reshape(Shape.of(2, 60)), Activation.relu());
        assertThat(large.outputs()).extracting(Value::shape).containsExactly(Shape.of(1, 192));
        assertThat(small.outputs()).extracting(Value::name).containsExactly("dst");
        assertThat(small.constants()).isEmpty();
    }

    @Test
    void missingSurplusAndUnfitShapesAreNamed() {
        OnnxModel model = flattening().model();

        assertThatThrownBy(model::graph).isInstanceOf(Conv4jException.class).hasMessageContaining("src [f32 nx3xhxw]");
        assertThatThrownBy(() -> model.graph(Map.of("src", Shape.of(1, 4, 8, 8))))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("1x4x8x8");
        assertThatThrownBy(() -> model.graph(Map.of("src", Shape.of(1, 3, 8, 8), "other", Shape.of(1))))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("[other]");
    }

    @Test
    void initializersAmongTheInputsAreConstants() {
        OnnxModel model = opset(7).input("src", 1, 2)
                .input("summand", 2)
                .constant("summand", Tensor.of(Shape.of(2), 1, 2))
                .node("Add", "src summand", "dst")
                .output("dst")
                .model();

        assertThat(model.inputs()).extracting(ModelTensor::name).containsExactly("src");
        assertThat(model.graph().constants()).hasSize(1);
    }

    @Test
    void outputsThatNoLayerMakesAreCopied() {
        Graph graph = opset(13)
                .input("src", 2)
                .constant("known", Tensor.of(Shape.of(1), 5))
                .node("Identity", "src", "same")
                .node("Relu", "src", "dst")
                .node("Identity", "dst", "again")
                .output("same")
                .output("known")
                .output("dst")
                .output("again")
                .build();

        assertThat(graph.outputs()).doesNotHaveDuplicates().hasSize(4);
        assertThat(graph.outputs()).doesNotContainAnyElementsOf(graph.inputs());
        assertThat(graph.constants().keySet()).doesNotContainAnyElementsOf(graph.outputs());
        assertThat(graph.outputs()).extracting(Value::name).contains("same", "dst", "again");
    }

    @Test
    void nodesMayComeInAnyOrderAndThoseNobodyNeedsAreLeftOut() {
        Graph graph = opset(13)
                .input("src", 2)
                .node("Relu", "inner", "dst")
                .node("UnheardOf", "src", "nowhere")
                .node("Exp", "src", "inner")
                .output("dst")
                .build();

        assertThat(graph.nodes())
                .extracting(Node::layer)
                .containsExactly(Activation.of(Activation.Kind.EXP), Activation.relu());
    }

    @Test
    void theBranchOfAKnownConditionIsTaken() {
        GraphProto positive =
                opset(13).node("Relu", "src", "a").output("a").graph().build();
        GraphProto other =
                opset(13).node("Loop", "src", "b").output("b").graph().build();
        Graph graph = opset(13)
                .input("src", 4)
                .constant("one", Tensor.ofLongs(Shape.of(), 1))
                .node("Size", "src", "size")
                .node("Greater", "size one", "condition")
                .node(
                        "If",
                        "condition",
                        "dst",
                        ModelWriter.graph("then_branch", positive),
                        ModelWriter.graph("else_branch", other))
                .output("dst")
                .build();

        assertThat(graph.nodes()).extracting(Node::layer).containsExactly(Activation.relu());
    }

    @Test
    void inputsThatDecideAboutShapesAreBound() {
        OnnxModel model = opset(13)
                .input("src", 2, 6)
                .input("wanted", TensorProto.DataType.INT64, 2)
                .node("Abs", "wanted", "positive")
                .node("Reshape", "src positive", "dst")
                .output("dst")
                .model();

        assertThatThrownBy(model::graph)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("'positive' is not known before a run");
        OnnxModel bound = model.bindShapes(Map.of(
                "src", Tensor.zeros(DataType.F32, Shape.of(2, 6)), "wanted", Tensor.ofLongs(Shape.of(2), 3, -4)));

        assertThat(bound.inputs()).extracting(ModelTensor::name).containsExactly("src");
        assertThat(bound.graph().outputs()).extracting(Value::shape).containsExactly(Shape.of(3, 4));
        assertThatThrownBy(() -> model.withConstants(Map.of("src", Tensor.of(Shape.of(1), 1))))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("2x6");
    }
}
