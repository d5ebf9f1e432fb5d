package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class FoldBatchNormalizationTest {
    /** With epsilon 0.5 and these, channel 0 becomes 2x + 1 and channel 1 becomes −x/2 + 3.5. */
    private static final Tensor SCALE = Tensor.of(Shape.of(2), 4, -1);

    private static final Tensor BIAS = Tensor.of(Shape.of(2), 5, 3);
    private static final Tensor MEAN = Tensor.of(Shape.of(2), 2, 1);
    private static final Tensor VARIANCE = Tensor.of(Shape.of(2), 3.5f, 3.5f);

    @Test
    void foldsIntoAConvolution() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 2, 1, 1));
        Graph graph = normalized(builder.convolution(
                Window.square(1), Tensor.of(Shape.of(2, 2, 1, 1), 1, 2, 3, 4), Tensor.of(Shape.of(2), 10, 20)));

        Node folded = onlyNode(graph);

        assertThat(folded.layer()).isEqualTo(new Convolution(Window.square(1)));
        assertThat(folded.name()).isEqualTo(graph.nodes().get(0).name());
        assertThat(floats(graph, 1)).containsExactly(2, 4, -1.5f, -2);
        assertThat(floats(graph, 2)).containsExactly(21, -6.5f);
    }

    @Test
    void givesAConvolutionWithoutBiasOne() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 2, 4));
        Value weights = builder.constant("weights", Tensor.of(Shape.of(2, 1, 3), 1, 2, 3, 4, 5, 6));
        Graph graph = normalized(builder.then(new Convolution(Window.of(3), 2), weights));

        assertThat(floats(graph, 1)).containsExactly(2, 4, 6, -2, -2.5f, -3);
        assertThat(floats(graph, 2)).containsExactly(1, 3.5f);
    }

    @Test
    void foldsIntoATransposedConvolution() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 2, 4));
        Graph graph = normalized(
                builder.transposedConvolution(Window.of(2), Tensor.of(Shape.of(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8)));

        assertThat(floats(graph, 1)).containsExactly(2, 4, -1.5f, -2, 10, 12, -3.5f, -4);
        assertThat(floats(graph, 2)).containsExactly(1, 3.5f);
    }

    @Test
    void foldsIntoATransposedConvolutionInGroups() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 4, 4));
        Value weights = builder.constant("weights", Tensor.of(Shape.of(4, 1, 1), 1, 2, 3, 4));
        Graph graph = normalized(builder.then(new TransposedConvolution(Window.of(1), 2, List.of(0)), weights));

        // Inputs 0 and 1 make output 0, inputs 2 and 3 make output 1.
        assertThat(floats(graph, 1)).containsExactly(2, 4, -1.5f, -2);
    }

    @Test
    void foldsIntoADenseLayer() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 3));
        Graph graph =
                normalized(builder.dense(Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6), Tensor.of(Shape.of(2), 0, 0)));

        assertThat(onlyNode(graph).layer()).isEqualTo(new Dense());
        assertThat(floats(graph, 1)).containsExactly(2, 4, 6, -2, -2.5f, -3);
    }

    @Test
    void leavesAConvolutionThatOthersReadToo() {
        GraphBuilder builder = convolution();
        Value shared = builder.value();
        Graph twice = normalized(builder.from(shared).relu().output().from(shared));
        Graph output = normalized(convolution().output());

        assertThat(new FoldBatchNormalization().apply(twice)).isSameAs(twice);
        assertThat(new FoldBatchNormalization().apply(output)).isSameAs(output);
    }

    @Test
    void leavesWhatFollowsAnotherLayer() {
        Graph graph = normalized(convolution().relu());

        assertThat(new FoldBatchNormalization().apply(graph)).isSameAs(graph);
    }

    @Test
    void leavesStatisticsThatAreNoConstants() {
        GraphBuilder builder = convolution();
        Value convolution = builder.value();
        Value mean = builder.input("mean", MEAN.type());
        Value scale = builder.constant("scale", SCALE);
        Graph graph = builder.from(convolution)
                .then(new BatchNormalization(0.5f), scale, scale, mean, scale)
                .build();

        assertThat(new FoldBatchNormalization().apply(graph)).isSameAs(graph);
    }

    @Test
    void leavesStatisticsThatWouldMakeInfiniteWeights() {
        Graph graph = convolution()
                .batchNormalization(0, SCALE, BIAS, MEAN, Tensor.of(Shape.of(2), 1, 0))
                .output()
                .build();

        assertThat(new FoldBatchNormalization().apply(graph)).isSameAs(graph);
    }

    private static GraphBuilder convolution() {
        return Graph.builder("net")
                .input("src", Shape.of(1, 1, 2, 2))
                .convolution(Window.square(1), Tensor.of(Shape.of(2, 1, 1, 1), 1, 2), Tensor.of(Shape.of(2), 0, 0));
    }

    private static Graph normalized(GraphBuilder builder) {
        return builder.batchNormalization(0.5f, SCALE, BIAS, MEAN, VARIANCE)
                .output()
                .build();
    }

    private static Node onlyNode(Graph graph) {
        Graph result = new FoldBatchNormalization().apply(graph);
        assertThat(result.nodes()).hasSize(1);
        assertThat(result.outputs()).isEqualTo(graph.outputs());
        return result.nodes().get(0);
    }

    private static float[] floats(Graph graph, int input) {
        Graph result = new FoldBatchNormalization().apply(graph);
        return result.constant(result.nodes().get(0).inputs().get(input))
                .orElseThrow()
                .toFloats();
    }
}
