package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class EliminateDeadTest {
    @Test
    void dropsNodesAndConstantsNoOutputNeeds() {
        GraphBuilder builder = Graph.builder("dead").input("src", Shape.of(2));
        Value src = builder.value();
        Value unused = builder.constant("unused", Tensor.of(Shape.of(2), 1, 2));
        Value used = builder.constant("used", Tensor.of(Shape.of(2), 3, 4));
        builder.add(unused).relu();
        Graph graph = builder.from(src).add(used).output().build();

        Graph result = new EliminateDead().apply(graph);

        assertThat(result.nodes()).hasSize(1);
        assertThat(result.constants()).containsOnlyKeys(used);
        assertThat(result.inputs()).isEqualTo(graph.inputs());
    }

    @Test
    void keepsInputsThatNothingReads() {
        GraphBuilder builder = Graph.builder("unread").input("unread", Shape.of(2));
        Graph graph = builder.input("src", Shape.of(2)).relu().build();

        assertThat(new EliminateDead().apply(graph)).isSameAs(graph);
        assertThat(graph.inputs()).hasSize(2);
    }
}
