package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Activation.Kind;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalarArithmeticTest {
    @ParameterizedTest
    @CsvSource({
        "ADD, 4, LINEAR, 1, 4",
        "SUB, 4, LINEAR, 1, -4",
        "MUL, 4, LINEAR, 4, 0",
        "DIV, 4, LINEAR, 0.25, 0",
        "POW, 2, POWER, 1, 2",
        "MAX, 0, RELU, 0, 0",
        "MAX, 2, CLIP, 2, Infinity",
        "MIN, 6, CLIP, -Infinity, 6"
    })
    void aConstantOnTheRightIsAFunction(Binary.Op op, float constant, Kind kind, float alpha, float beta) {
        Graph graph = withConstant(op, true, Tensor.of(Shape.of(1, 1), constant));

        assertThat(onlyLayer(graph)).isEqualTo(new Activation(kind, alpha, beta));
    }

    @ParameterizedTest
    @CsvSource({"ADD, 4, LINEAR, 1, 4", "SUB, 4, LINEAR, -1, 4", "MUL, 4, LINEAR, 4, 0", "DIV, 4, POWER, 4, -1"})
    void aConstantOnTheLeftIsAFunction(Binary.Op op, float constant, Kind kind, float alpha, float beta) {
        Graph graph = withConstant(op, false, Tensor.of(Shape.of(), constant));

        assertThat(onlyLayer(graph)).isEqualTo(new Activation(kind, alpha, beta));
    }

    /** As LINEAR it would be a product with a rounded reciprocal, for nothing. */
    @Test
    void oneNumberIsDivided() {
        GraphBuilder builder = Graph.builder("quotient").input("src", Shape.of(1));
        Value divisor = builder.constant("divisor", Tensor.of(Shape.of(), 255));
        Graph graph = builder.then(new Binary(Binary.Op.DIV), divisor).build();

        assertThat(new ScalarArithmetic().apply(graph)).isSameAs(graph);
    }

    @Test
    void otherOperandsStay() {
        Graph channels = withConstant(Binary.Op.ADD, true, Tensor.of(Shape.of(3), 1, 2, 3));
        Graph power = withConstant(Binary.Op.POW, false, Tensor.of(Shape.of(1), 2));
        Graph nothing = withConstant(Binary.Op.DIV, true, Tensor.of(Shape.of(1), 0));
        Graph notANumber = withConstant(Binary.Op.MAX, true, Tensor.of(Shape.of(1), Float.NaN));
        Graph moreAxes = withConstant(Binary.Op.MUL, true, Tensor.of(Shape.of(1, 1, 1), 2));

        for (Graph graph : List.of(channels, power, nothing, notANumber, moreAxes)) {
            assertThat(new ScalarArithmetic().apply(graph)).isSameAs(graph);
        }
    }

    @Test
    void integersStay() {
        GraphBuilder builder = Graph.builder("integers");
        Value src = builder.input("src", new TensorType(DataType.S64, Shape.of(2)));
        Value three = builder.constant("three", Tensor.ofLongs(Shape.of(1), 3));
        Graph graph = builder.from(src).then(new Binary(Binary.Op.DIV), three).build();

        assertThat(new ScalarArithmetic().apply(graph)).isSameAs(graph);
    }

    @Test
    void linesMergeIntoOne() {
        Graph graph = src().activation(new Activation(Kind.LINEAR, 2, 3))
                .activation(Activation.of(Kind.NEGATE))
                .activation(new Activation(Kind.LINEAR, 4, 5))
                .build();

        assertThat(onlyLayer(graph)).isEqualTo(new Activation(Kind.LINEAR, -8, -7));
    }

    @Test
    void boundsMergeIntoOne() {
        Graph six = src().relu().activation(Activation.clip(-1, 6)).build();
        Graph relu = src().activation(Activation.clip(-3, Float.POSITIVE_INFINITY))
                .relu()
                .build();
        Graph apart = src().activation(Activation.clip(7, 9))
                .activation(Activation.clip(0, 6))
                .build();

        assertThat(onlyLayer(six)).isEqualTo(Activation.clip(0, 6));
        assertThat(onlyLayer(relu)).isEqualTo(Activation.relu());
        assertThat(onlyLayer(apart)).isEqualTo(Activation.clip(6, 6));
    }

    @Test
    void aLineBeforeAHardSigmoidIsPartOfIt() {
        Graph graph = src().activation(new Activation(Kind.LINEAR, 1, 3))
                .activation(new Activation(Kind.HARD_SIGMOID, 0.5f, 0.25f))
                .build();

        assertThat(onlyLayer(graph)).isEqualTo(new Activation(Kind.HARD_SIGMOID, 0.5f, 1.75f));
    }

    @Test
    void whatOthersReadIsNotMerged() {
        Graph graph =
                src().relu().output().activation(Activation.clip(0, 6)).output().build();

        assertThat(new ScalarArithmetic().apply(graph)).isSameAs(graph);
    }

    private static GraphBuilder src() {
        return Graph.builder("net").input("src", Shape.of(2, 3));
    }

    private static Graph withConstant(Binary.Op op, boolean second, Tensor tensor) {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value constant = builder.constant("constant", tensor);
        return builder.from(second ? src : constant)
                .then(new Binary(op), second ? constant : src)
                .build();
    }

    private static Layer onlyLayer(Graph graph) {
        Graph result = new ScalarArithmetic().apply(graph);
        assertThat(result.nodes()).hasSize(1);
        assertThat(result.nodes().get(0).inputs()).isEqualTo(graph.inputs());
        return result.nodes().get(0).layer();
    }
}
