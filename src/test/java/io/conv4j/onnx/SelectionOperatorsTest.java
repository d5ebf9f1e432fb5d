package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.Conv4jException;
import io.conv4j.golden.OnnxRuntime;
import io.conv4j.graph.Graph;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SelectionOperatorsTest {
    private static final Tensor SRC = Tensor.of(Shape.of(2, 4), 1, 4, 4, 0, -1, -3, 8, 8);

    private static List<Tensor> run(Graph graph, String backend) {
        try (Session session = Session.open(graph, SessionOptions.throughput().backend(backend))) {
            return List.copyOf(session.run(Map.of("src", SRC)).values());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "onednn"})
    void topKInAllItsForms(String backend) {
        Graph attribute = ModelWriter.opset(1)
                .input("src", 2, 4)
                .node("TopK", "src", "values indices", ModelWriter.integer("k", 2))
                .output("values")
                .output("indices")
                .build();
        Graph input = ModelWriter.opset(11)
                .input("src", 2, 4)
                .longs("k", 2)
                .node(
                        "TopK",
                        "src k",
                        "values indices",
                        ModelWriter.integer("largest", 0),
                        ModelWriter.integer("sorted", 0))
                .output("values")
                .output("indices")
                .build();

        assertThat(run(attribute, backend).get(0).toFloats()).containsExactly(4, 4, 8, 8);
        assertThat(run(attribute, backend).get(1).toLongs()).containsExactly(1, 2, 2, 3);
        assertThat(run(input, backend).get(0).toFloats()).containsExactly(0, 1, -3, -1);
        assertThat(run(input, backend).get(1).toLongs()).containsExactly(3, 0, 1, 0);
    }

    /** Small whole numbers, so that many are equal. */
    private static Tensor withTies(int... extents) {
        Random random = new Random(4);
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, random.nextInt(15) - 7);
        }
        return tensor;
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1", "1, 7, 0", "-1, 5, 1", "2, 19, 0"})
    void topKAgreesWithOnnxRuntime(int axis, int k, int largest) {
        Judgement.agree(
                ModelWriter.opset(11)
                        .input("src", 3, 8, 19)
                        .longs("k", k)
                        .node(
                                "TopK",
                                "src k",
                                "values indices",
                                ModelWriter.integer("axis", axis),
                                ModelWriter.integer("largest", largest))
                        .output("values", TensorProto.DataType.FLOAT)
                        .output("indices", TensorProto.DataType.INT64),
                Map.of("src", withTies(3, 8, 19)));
    }

    @ParameterizedTest
    @CsvSource({"ArgMax, 0, 1", "ArgMax, 1, 0", "ArgMin, -1, 0", "ArgMin, -2, 1"})
    void argReductionsAgreeWithOnnxRuntime(String operator, int axis, int last) {
        Judgement.agree(
                ModelWriter.opset(13)
                        .input("src", 3, 8, 19)
                        .node(
                                operator,
                                "src",
                                "where",
                                ModelWriter.integer("axis", axis),
                                ModelWriter.integer("select_last_index", last))
                        .output("where", TensorProto.DataType.INT64),
                Map.of("src", withTies(3, 8, 19)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "onednn"})
    void oneOutputOfTwoMayBeLeftOut(String backend) {
        Graph graph = ModelWriter.opset(11)
                .input("src", 2, 4)
                .longs("k", 1)
                .node("TopK", "src k", "- indices", ModelWriter.integer("axis", 0))
                .output("indices")
                .build();

        assertThat(run(graph, backend).get(0).toLongs()).containsExactly(0, 0, 1, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "onednn"})
    void argMinBehindALayerThatFuses(String backend) {
        Graph graph = ModelWriter.opset(13)
                .input("src", 2, 4)
                .node("Neg", "src", "negative")
                .node(
                        "ArgMin",
                        "negative",
                        "where",
                        ModelWriter.integer("axis", -1),
                        ModelWriter.integer("keepdims", 0))
                .node("ArgMax", "src", "rows")
                .output("where")
                .output("rows")
                .build();

        assertThat(run(graph, backend).get(0).toLongs()).containsExactly(1, 2);
        assertThat(run(graph, backend).get(1).toLongs()).containsExactly(0, 0, 1, 1);
    }

    private static ModelWriter suppression() {
        return ModelWriter.opset(11)
                .input("boxes", 2, 30, 4)
                .input("scores", 2, 3, 30)
                .longs("most", 7)
                .constant("overlap", Tensor.of(Shape.of(1), 0.25f))
                .constant("least", Tensor.of(Shape.of(1), -3))
                .node("NonMaxSuppression", "boxes scores most overlap least", "selected")
                .output("selected", TensorProto.DataType.INT64);
    }

    @Test
    void boxesOfARunCannotBeCountedBeforeIt() {
        assertThatThrownBy(suppression()::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("how many boxes are kept depends on it")
                .hasMessageContaining("NonMaxSuppression.select");
    }

    @Test
    void moreBoxesThanCanBeComparedAtImportAreRefused() {
        ModelWriter huge = ModelWriter.opset(11)
                .constant("boxes", Tensor.zeros(DataType.F32, Shape.of(1, 50_000, 4)))
                .constant("scores", Tensor.zeros(DataType.F32, Shape.of(1, 1, 50_000)))
                .longs("most", Long.MAX_VALUE)
                .node("NonMaxSuppression", "boxes scores most", "selected")
                .output("selected");
        assertThatThrownBy(huge::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("2.5E9 comparisons");
    }

    @Test
    void boxesThatAreKnownAreSuppressedAsByOnnxRuntime() {
        Map<String, Tensor> inputs = Map.of("boxes", withTies(2, 30, 4), "scores", withTies(2, 3, 30));
        Tensor wanted;
        try (OnnxRuntime judge = OnnxRuntime.open(suppression().bytes(), OnnxRuntime.Mode.PLAIN, 1)) {
            wanted = Objects.requireNonNull(judge.run(inputs).get("selected"));
        }

        Graph graph = suppression().model().bindShapes(inputs).graph();
        try (Session session = Session.open(graph, SessionOptions.throughput().backend("onednn"))) {
            Tensor got = Objects.requireNonNull(session.run(Map.of()).get("selected"));
            assertThat(got.type()).isEqualTo(wanted.type());
            assertThat(got.toLongs()).isEqualTo(wanted.toLongs());
        }
    }

    @Test
    void constantsAreSortedAtImport() {
        Graph graph = ModelWriter.opset(11)
                .constant("src", SRC)
                .longs("k", 4)
                .node("TopK", "src k", "values indices")
                .output("values")
                .output("indices")
                .build();

        assertThat(graph.nodes()).noneMatch(node -> node.layer().word().equals("TopK"));
        assertThat(graph.outputs()).extracting(output -> output.name()).isEqualTo(List.of("values", "indices"));
    }

    @Test
    void badNumbersAreNamed() {
        ModelWriter tooMany = ModelWriter.opset(11)
                .input("src", 2, 4)
                .longs("k", 5)
                .node("TopK", "src k", "values indices")
                .output("values");
        assertThatThrownBy(tooMany::build)
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("does not have 5 elements")
                .hasMessageContaining("TopK_0");
        ModelWriter negative = ModelWriter.opset(11)
                .input("src", 2, 4)
                .longs("k", -1)
                .node("TopK", "src k", "values indices")
                .output("values");
        assertThatThrownBy(negative::build).hasMessageContaining("at least 0, got -1");
        ModelWriter axis = ModelWriter.opset(11)
                .input("src", 2, 4)
                .node("ArgMax", "src", "where", ModelWriter.integer("axis", 2))
                .output("where");
        assertThatThrownBy(axis::build).hasMessageContaining("axis 2 of shape 2x4");
    }
}
