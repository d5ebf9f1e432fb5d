package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolBeforeConvolutionTest {
    private static final Window HALVE = Window.square(2).stride(2);

    @Test
    void meansAreTakenBeforeAPointwiseConvolution() {
        Graph graph = net(Window.square(1), new Pooling(Pooling.Kind.AVERAGE_EXCLUDE_PADDING, HALVE));

        Graph result = new PoolBeforeConvolution().apply(graph);

        assertThat(result.nodes()).extracting(node -> node.layer().word()).containsExactly("Pooling", "Convolution");
        assertThat(result.nodes().get(0).output().shape()).isEqualTo(Shape.of(1, 3, 4, 4));
        assertThat(result.nodes().get(1).layer()).isEqualTo(new Convolution(Window.square(1)));
        assertThat(result.outputs()).isEqualTo(graph.outputs());
    }

    @Test
    void whereTheOrderMattersItStays() {
        Pooling mean = new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, HALVE);
        for (Graph graph : List.of(
                net(Window.square(3), mean),
                net(Window.square(1), new Pooling(Pooling.Kind.MAX, HALVE)),
                net(Window.square(1), new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, HALVE.pad(1))),
                net(Window.square(1), new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, Window.square(2))),
                convolution(Window.square(1)).output().then(mean).output().build(),
                convolution(Window.square(1)).relu().then(mean).build())) {
            assertThat(new PoolBeforeConvolution().apply(graph)).isSameAs(graph);
        }
    }

    private static Graph net(Window window, Pooling pooling) {
        return convolution(window).then(pooling).build();
    }

    private static GraphBuilder convolution(Window window) {
        int kernel = window.axis(0).kernel();
        return Graph.builder("net")
                .input("src", Shape.of(1, 3, 8, 8))
                .convolution(
                        window,
                        Tensor.zeros(DataType.F32, Shape.of(2, 3, kernel, kernel)),
                        Tensor.zeros(DataType.F32, Shape.of(2)));
    }
}
