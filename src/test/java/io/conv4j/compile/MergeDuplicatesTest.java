package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class MergeDuplicatesTest {
    @Test
    void whatIsComputedTwiceIsComputedOnce() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value one = builder.constant("one", Tensor.of(Shape.of(2), 1, 2));
        Value same = builder.constant("same", Tensor.of(Shape.of(2), 1, 2));
        Value first = builder.from(src).add(one).relu().value();
        Value second = builder.from(src).add(same).relu().value();
        Graph graph = builder.from(first).multiply(second).build();

        Graph result = new MergeDuplicates().apply(graph);

        assertThat(result.nodes()).extracting(node -> node.layer().word()).containsExactly("add", "relu", "mul");
        assertThat(result.nodes().get(2).inputs()).containsExactly(first, first);
        assertThat(result.constants()).containsOnlyKeys(one);
    }

    @Test
    void anOutputTakesTheOtherOnesPlace() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value inner = builder.relu().value();
        Value output = builder.from(src).relu().output().value();
        Graph graph = builder.from(inner).add(output).output().build();

        Graph result = new MergeDuplicates().apply(graph);

        assertThat(result.outputs()).isEqualTo(graph.outputs());
        assertThat(result.nodes())
                .extracting(Node::output)
                .containsExactly(output, graph.outputs().get(1));
        assertThat(result.nodes().get(1).inputs()).containsExactly(output, output);
    }

    @Test
    void twoOutputsAreBothWritten() {
        GraphBuilder builder = src();
        Value src = builder.value();
        builder.relu().output();
        Graph graph = builder.from(src).relu().output().build();

        assertThat(new MergeDuplicates().apply(graph)).isSameAs(graph);
    }

    @Test
    void otherNumbersAreOtherWork() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value one = builder.constant("one", Tensor.of(Shape.of(2), 1, 2));
        Value other = builder.constant("other", Tensor.of(Shape.of(2), 1, 3));
        Value first = builder.from(src).add(one).value();
        Graph graph = builder.from(src).add(other).multiply(first).build();

        assertThat(new MergeDuplicates().apply(graph)).isSameAs(graph);
    }

    private static GraphBuilder src() {
        return Graph.builder("net").input("src", Shape.of(2));
    }
}
