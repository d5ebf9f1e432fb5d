package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.tensor.Shape;
import org.junit.jupiter.api.Test;

class CompilerTest {
    @Test
    void withoutOptimisationEveryNodeIsAStep() {
        Graph graph = graphWithDeadEnd();

        Plan plan = Compiler.compile(graph, OptimizationLevel.NONE);

        assertThat(plan).isEqualTo(Plan.of(graph));
        assertThat(plan.steps()).hasSize(2);
    }

    @Test
    void optimisedPlansKeepInputsAndOutputs() {
        Graph graph = graphWithDeadEnd();

        Plan plan = Compiler.compile(graph, OptimizationLevel.ALL);

        assertThat(plan.inputs()).isEqualTo(graph.inputs());
        assertThat(plan.outputs()).isEqualTo(graph.outputs());
        assertThat(plan.steps()).hasSize(1);
    }

    private static Graph graphWithDeadEnd() {
        GraphBuilder builder = Graph.builder("dead end").input("src", Shape.of(2, 3));
        Value src = builder.value();
        builder.activation(Activation.of(Activation.Kind.TANH));
        return builder.from(src).relu().output().build();
    }
}
