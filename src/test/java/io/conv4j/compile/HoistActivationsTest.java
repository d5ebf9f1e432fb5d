package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class HoistActivationsTest {
    @Test
    void throughMovesToTheConvolution() {
        Graph graph = convolution(src())
                .then(new Transpose(List.of(0, 2, 3, 1)))
                .then(new Reshape(Shape.of(1, 64, 2)))
                .activation(Activation.of(Activation.Kind.SIGMOID))
                .build();

        Plan plan = Compiler.compile(graph, OptimizationLevel.ALL);

        assertThat(plan.steps()).extracting(Step::word).containsExactly("Convolution+sigmoid", "Transpose", "Reshape");
        assertThat(plan.outputs()).isEqualTo(graph.outputs());
        assertThat(Fusion.plan(graph).steps()).hasSize(4);
    }

    @Test
    void overAConcatToAllThatItJoins() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value pooled = builder.maxPooling(Window.square(3).pad(1)).value();
        Graph graph = convolution(builder.from(src)).concat(pooled).relu().build();

        Graph result = new HoistActivations().apply(graph);

        assertThat(result.nodes())
                .extracting(node -> node.layer().word())
                .containsExactly("Pooling", "Convolution", "relu", "relu", "Concat");
    }

    @Test
    void notWhereItWouldNotFuse() {
        GraphBuilder joined = src();
        Value src = joined.value();
        Graph ofAnInput = convolution(joined).concat(src).relu().build();
        Graph readTwice = convolution(src())
                .then(new Reshape(Shape.of(128)))
                .output()
                .relu()
                .output()
                .build();
        Graph noPostOp = convolution(src())
                .then(new Reshape(Shape.of(128)))
                .activation(Activation.of(Activation.Kind.FLOOR))
                .build();

        for (Graph graph : List.of(ofAnInput, readTwice, noPostOp)) {
            assertThat(new HoistActivations().apply(graph)).isSameAs(graph);
        }
    }

    private static GraphBuilder src() {
        return Graph.builder("net").input("src", Shape.of(1, 2, 8, 8));
    }

    private static GraphBuilder convolution(GraphBuilder builder) {
        return builder.convolution(
                Window.square(3).pad(1),
                Tensor.zeros(DataType.F32, Shape.of(2, 2, 3, 3)),
                Tensor.zeros(DataType.F32, Shape.of(2)));
    }
}
