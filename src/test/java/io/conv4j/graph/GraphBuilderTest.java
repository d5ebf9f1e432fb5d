package io.conv4j.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GraphBuilderTest {
    @Test
    void writesLayersOneAfterTheOther() {
        Graph graph = Graph.builder("net")
                .input("src", Shape.of(1, 2, 8, 8))
                .convolution(Window.square(3), zeros(4, 2, 3, 3), zeros(4))
                .relu()
                .globalAveragePooling()
                .dense(zeros(10, 4), zeros(10))
                .build();

        assertThat(graph.nodes())
                .extracting(node -> node.layer().word())
                .containsExactly("Convolution", "relu", "Pooling", "Reshape", "Dense");
        assertThat(graph.outputs().get(0).shape()).isEqualTo(Shape.of(1, 10));
        assertThat(graph.constants()).hasSize(4);
    }

    @Test
    void namesAreMadeUnique() {
        GraphBuilder builder = Graph.builder("net").input("x", Shape.of(2));
        Value second =
                builder.add("x", Activation.relu(), List.of(builder.value())).get(0);

        assertThat(second.name()).isEqualTo("x#1");
    }

    @Test
    void refusesLayersThatDoNotFitAndNamesThem() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 2, 8, 8));

        assertThatThrownBy(() -> builder.convolution(Window.square(3), zeros(4, 3, 3, 3), zeros(4)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("layer 'Convolution_0'")
                .hasMessageContaining("src has 2 channels");
    }

    @Test
    void refusesToGoOnFromNothing() {
        assertThatThrownBy(() -> Graph.builder("empty").relu())
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("'empty'");
    }

    @Test
    void graphsAreChecked() {
        Graph graph = Graph.builder("net").input("src", Shape.of(2)).relu().build();
        Node node = graph.nodes().get(0);
        Value other = new Value(9, "other", node.output().type());

        assertThatThrownBy(() -> new Graph("net", List.of(), graph.outputs(), graph.nodes(), Map.of()))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("before it is made");
        assertThatThrownBy(() -> new Graph("net", graph.inputs(), List.of(other), graph.nodes(), Map.of()))
                .hasMessageContaining("is never made");
        assertThatThrownBy(() -> new Graph("net", graph.inputs(), List.of(), graph.nodes(), Map.of()))
                .hasMessageContaining("has no output");
        assertThatThrownBy(() -> new Graph("net", graph.inputs(), graph.outputs(), List.of(node, node), Map.of()))
                .hasMessageContaining("is defined twice");
        assertThat(graph.nextValueId()).isEqualTo(node.output().id() + 1);
    }

    private static Tensor zeros(int... extents) {
        return Tensor.zeros(DataType.F32, Shape.of(extents));
    }
}
