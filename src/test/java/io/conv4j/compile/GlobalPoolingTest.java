package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class GlobalPoolingTest {
    @Test
    void aMeanOverAllSpatialAxesIsAPooling() {
        Graph graph = reduce(Reduce.Kind.MEAN, List.of(2, 3), true);

        Graph result = new GlobalPooling().apply(graph);

        assertThat(result.nodes()).hasSize(1);
        assertThat(result.nodes().get(0).layer())
                .isEqualTo(new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, Window.of(4, 5)));
    }

    @Test
    void axesThatVanishAreReshapedAway() {
        Graph graph = reduce(Reduce.Kind.MAX, List.of(2, 3), false);

        Graph result = new GlobalPooling().apply(graph);

        assertThat(result.nodes()).hasSize(2);
        assertThat(result.nodes().get(0).layer()).isEqualTo(new Pooling(Pooling.Kind.MAX, Window.of(4, 5)));
        assertThat(result.nodes().get(1).layer()).isEqualTo(new Reshape(Shape.of(2, 3)));
        assertThat(result.outputs()).isEqualTo(graph.outputs());
    }

    @Test
    void otherReductionsStay() {
        for (Graph graph : List.of(
                reduce(Reduce.Kind.SUM, List.of(2, 3), true),
                reduce(Reduce.Kind.MEAN, List.of(3), true),
                reduce(Reduce.Kind.MEAN, List.of(1, 2, 3), true))) {
            assertThat(new GlobalPooling().apply(graph)).isSameAs(graph);
        }
    }

    @Test
    void theLastOfThreeAxesIsSpatialAfterAWindowOnly() {
        Reduce mean = new Reduce(Reduce.Kind.MEAN, List.of(2), true);
        Graph afterWindow = Graph.builder("net")
                .input("src", Shape.of(2, 3, 8))
                .maxPooling(Window.of(2))
                .relu()
                .then(mean)
                .build();
        Graph other =
                Graph.builder("net").input("src", Shape.of(2, 3, 8)).then(mean).build();

        assertThat(new GlobalPooling().apply(afterWindow).nodes()).noneMatch(node -> node.layer() instanceof Reduce);
        assertThat(new GlobalPooling().apply(other)).isSameAs(other);
    }

    private static Graph reduce(Reduce.Kind kind, List<Integer> axes, boolean keepAxes) {
        return Graph.builder("net")
                .input("src", Shape.of(2, 3, 4, 5))
                .then(new Reduce(kind, axes, keepAxes))
                .build();
    }
}
