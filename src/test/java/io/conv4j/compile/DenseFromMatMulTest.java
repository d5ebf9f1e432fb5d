package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Dense;
import io.conv4j.layer.MatMul;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import org.junit.jupiter.api.Test;

class DenseFromMatMulTest {
    private static final Tensor MATRIX = Tensor.of(Shape.of(3, 2), 1, 2, 3, 4, 5, 6);

    @Test
    void aConstantMatrixBecomesTransposedWeights() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(4, 3));
        Graph graph =
                builder.then(new MatMul(), builder.constant("matrix", MATRIX)).build();

        Graph result = new DenseFromMatMul().apply(graph);

        assertThat(result.nodes().get(0).layer()).isEqualTo(new Dense());
        Value weights = result.nodes().get(0).inputs().get(1);
        assertThat(weights.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(result.constant(weights).orElseThrow().toFloats()).containsExactly(1, 3, 5, 2, 4, 6);
        assertThat(result.constants()).hasSize(1);
    }

    @Test
    void aMatrixThatTwoProductsShareIsTransposedOnce() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(4, 3));
        Value src = builder.value();
        Value matrix = builder.constant("matrix", MATRIX);
        builder.then(new MatMul(), matrix).output();
        Graph graph =
                builder.from(src).relu().then(new MatMul(), matrix).output().build();

        assertThat(new DenseFromMatMul().apply(graph).constants()).hasSize(1);
    }

    @Test
    void otherProductsStay() {
        GraphBuilder variable = Graph.builder("net");
        Value matrix = variable.input("matrix", MATRIX.type());
        Graph inputs =
                variable.input("src", Shape.of(4, 3)).then(new MatMul(), matrix).build();

        GraphBuilder integers = Graph.builder("net");
        Value src = integers.input("src", new TensorType(DataType.S32, Shape.of(4, 3)));
        Value constant = integers.constant("matrix", Tensor.zeros(DataType.S32, Shape.of(3, 2)));
        Graph whole = integers.from(src).then(new MatMul(), constant).build();

        assertThat(new DenseFromMatMul().apply(inputs)).isSameAs(inputs);
        assertThat(new DenseFromMatMul().apply(whole)).isSameAs(whole);
    }

    @Test
    void rowsOfSeveralAxesAreCountedThroughAndASumBecomesTheBias() {
        GraphBuilder other = Graph.builder("net").input("src", Shape.of(5, 4, 3));
        Value second = other.constant("matrix", MATRIX);
        Graph biased = other.then(new MatMul(), second)
                .add(other.constant("row", Tensor.of(Shape.of(1, 2), 7, 8)))
                .build();

        Graph result = new DenseFromMatMul().apply(biased);

        assertThat(result.nodes())
                .extracting(node -> node.layer().word())
                .containsExactly("Reshape", "Dense", "Reshape");
        assertThat(result.nodes().get(1).inputs()).hasSize(3);
        assertThat(result.outputs()).isEqualTo(biased.outputs());
    }
}
