package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayerTrialTest {
    private static Tensor numbers(int... extents) {
        return TrialRun.numbers(TensorType.f32(extents));
    }

    private static Graph layer(Window window, int groups, int channels) {
        return Graph.builder("layer")
                .input("src", Shape.of(1, 32, 14, 14))
                .convolution(window, groups, numbers(channels, 32 / groups, window.kernel()[0], 3), numbers(channels))
                .relu()
                .build();
    }

    static Stream<Graph> layers() {
        TransposedConvolution uneven =
                new TransposedConvolution(Window.square(3).stride(2).pad(1), 1, List.of(1, 1));
        GraphBuilder transposed = Graph.builder("transposed").input("src", Shape.of(1, 32, 7, 7));
        transposed.then(uneven, transposed.constant("w", numbers(32, 16, 3, 3)), transposed.constant("b", numbers(16)));
        return Stream.of(
                layer(Window.square(3).pad(1), 1, 48),
                layer(Window.square(3).stride(2).pad(1), 32, 32),
                layer(Window.square(3).pad(1), 8, 32),
                transposed.relu().build(),
                Graph.builder("dense")
                        .input("src", Shape.of(1, 96))
                        .dense(numbers(40, 96), numbers(40))
                        .relu()
                        .build());
    }

    @ParameterizedTest
    @MethodSource("layers")
    void bothSidesComputeTheSame(Graph layer) {
        try (LayerTrial ours = LayerTrial.conv4j(layer, 1);
                LayerTrial direct = LayerTrial.onednn(layer, 1)) {
            assertThat(ours.nanoseconds()).isPositive();
            assertThat(direct.nanoseconds()).isPositive();
            assertThat(direct.steps()).hasSize(1);
            float[] wanted = direct.dst().toFloats();
            // relu leaves some and cuts some.
            assertThat(wanted).contains(0);
            assertThat(IntStream.range(0, wanted.length).filter(i -> wanted[i] > 0))
                    .isNotEmpty();
            assertThat(ours.dst().toFloats()).containsExactly(wanted, within(1e-3f));
        }
    }

    @Test
    void refusesWhatIsNotOneLayer() {
        Graph two = Graph.builder("two")
                .input("src", Shape.of(1, 2, 4, 4))
                .maxPooling(Window.square(2))
                .convolution(Window.square(1), numbers(2, 2, 1, 1), numbers(2))
                .build();

        assertThatThrownBy(() -> LayerTrial.conv4j(two, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two is not one step");
    }
}
