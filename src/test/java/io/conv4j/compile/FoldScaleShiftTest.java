package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FoldScaleShiftTest {
    @ParameterizedTest
    @CsvSource({
        "ADD, true, 3, 5, 12, 24",
        "ADD, false, 3, 5, 12, 24",
        "SUB, true, 3, 5, 8, 16",
        "SUB, false, -3, -5, -8, -16",
        "MUL, true, 6, 20, 20, 80",
        "MUL, false, 6, 20, 20, 80",
        "DIV, true, 1.5, 1.25, 5, 5"
    })
    void numbersPerChannelGoIntoWeightsAndBias(Binary.Op op, boolean second, float w0, float w1, float b0, float b1) {
        GraphBuilder builder = convolution();
        Value convolution = builder.value();
        Value constant = builder.constant("constant", Tensor.of(Shape.of(2, 1, 1), 2, 4));
        Graph graph = builder.from(second ? convolution : constant)
                .then(new Binary(op), second ? constant : convolution)
                .build();

        assertThat(floats(graph, 1)).containsExactly(w0, w1);
        assertThat(floats(graph, 2)).containsExactly(b0, b1);
    }

    @Test
    void aLineGoesIntoWeightsAndBias() {
        Graph graph = convolution()
                .activation(new Activation(Activation.Kind.LINEAR, 2, 1))
                .build();

        assertThat(floats(graph, 1)).containsExactly(6, 10);
        assertThat(floats(graph, 2)).containsExactly(21, 41);
    }

    @Test
    void aSumAloneLeavesTheWeightsWhereTheyAre() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 1, 2, 2));
        Value src = builder.value();
        Tensor weights = Tensor.of(Shape.of(2, 1, 1, 1), 3, 5);
        Value constant = builder.constant("weights", weights);
        Value bias = builder.constant("bias", Tensor.of(Shape.of(1, 2, 1, 1), 2, 4));
        Graph graph = builder.from(src)
                .then(new Convolution(Window.square(1)), constant)
                .add(bias)
                .build();

        Graph result = new FoldScaleShift().apply(graph);

        assertThat(result.nodes()).hasSize(1);
        assertThat(result.constant(constant)).contains(weights);
        assertThat(floats(graph, 2)).containsExactly(2, 4);
    }

    @Test
    void aSumWithARowGoesIntoTheBiasOfADenseLayer() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(5, 3));
        Value src = builder.value();
        Value weights = builder.constant("weights", Tensor.zeros(DataType.F32, Shape.of(2, 3)));
        Value row = builder.constant("row", Tensor.of(Shape.of(2), 7, 8));
        Graph graph = builder.from(src).then(new Dense(), weights).add(row).build();

        assertThat(floats(graph, 2)).containsExactly(7, 8);
    }

    @Test
    void factorsAndSumsGoIntoANormalisation() {
        Tensor one = Tensor.of(Shape.of(2), 1, 1);
        GraphBuilder builder = Graph.builder("net")
                .input("src", Shape.of(1, 2, 2, 2))
                .batchNormalization(0, Tensor.of(Shape.of(2), 3, 5), Tensor.of(Shape.of(2), 10, 20), one, one);
        Value factors = builder.constant("factors", Tensor.of(Shape.of(2, 1, 1), 2, 4));
        Graph graph = builder.multiply(factors)
                .activation(new Activation(Activation.Kind.LINEAR, 1, 0.5f))
                .build();

        assertThat(floats(graph, 1)).containsExactly(6, 20);
        assertThat(floats(graph, 2)).containsExactly(20.5f, 80.5f);
    }

    @Test
    void whatDiffersWithinAChannelStays() {
        Graph columns = sumWith(Tensor.of(Shape.of(2), 1, 2));
        Graph batch = sumWith(Tensor.zeros(DataType.F32, Shape.of(3, 2, 1, 1)));
        Graph shared = convolution()
                .output()
                .activation(new Activation(Activation.Kind.LINEAR, 2, 1))
                .output()
                .build();

        assertThat(new FoldScaleShift().apply(columns)).isSameAs(columns);
        assertThat(new FoldScaleShift().apply(batch)).isSameAs(batch);
        assertThat(new FoldScaleShift().apply(shared)).isSameAs(shared);
    }

    @Test
    void functionsThatAreNoLinesStay() {
        GraphBuilder builder = convolution();
        Value constant = builder.constant("constant", Tensor.of(Shape.of(2, 1, 1), 2, 4));
        Graph largest = builder.then(new Binary(Binary.Op.MAX), constant).build();
        GraphBuilder other = convolution();
        Value convolution = other.value();
        Value left = other.constant("constant", Tensor.of(Shape.of(2, 1, 1), 2, 4));
        Graph quotient =
                other.from(left).then(new Binary(Binary.Op.DIV), convolution).build();

        assertThat(new FoldScaleShift().apply(largest)).isSameAs(largest);
        assertThat(new FoldScaleShift().apply(quotient)).isSameAs(quotient);
    }

    @Test
    void divisionByZeroIsNotFolded() {
        GraphBuilder builder = convolution();
        Value constant = builder.constant("constant", Tensor.of(Shape.of(2, 1, 1), 2, 0));
        Graph graph = builder.then(new Binary(Binary.Op.DIV), constant).build();

        assertThat(new FoldScaleShift().apply(graph)).isSameAs(graph);
    }

    private static Graph sumWith(Tensor tensor) {
        GraphBuilder builder = convolution();
        return builder.add(builder.constant("constant", tensor)).build();
    }

    private static GraphBuilder convolution() {
        return Graph.builder("net")
                .input("src", Shape.of(1, 1, 2, 2))
                .convolution(Window.square(1), Tensor.of(Shape.of(2, 1, 1, 1), 3, 5), Tensor.of(Shape.of(2), 10, 20));
    }

    private static float[] floats(Graph graph, int input) {
        Graph result = new FoldScaleShift().apply(graph);
        assertThat(result.nodes()).hasSize(1);
        return result.constant(result.nodes().get(0).inputs().get(input))
                .orElseThrow()
                .toFloats();
    }
}
