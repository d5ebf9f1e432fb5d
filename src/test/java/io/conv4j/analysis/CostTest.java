package io.conv4j.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Counts by hand. */
class CostTest {
    private static Tensor zeros(int... extents) {
        return Tensor.zeros(DataType.F32, Shape.of(extents));
    }

    private static GraphBuilder net(int channels, int side) {
        return Graph.builder("net").input("src", Shape.of(1, channels, side, side));
    }

    @Test
    void convolutionCountsEveryOutputTimesItsKernel() {
        Graph graph = net(3, 8)
                .convolution(Window.square(3).stride(2).pad(1), zeros(5, 3, 3, 3), zeros(5))
                .build();

        // 4x4 outputs in 5 channels, each of 3 channels by 9 taps; 135 weights and 5 biases.
        assertThat(Cost.of(graph)).isEqualTo(new Cost(4 * 4 * 5 * 27, 140, (3 * 64 + 5 * 16) * 4));
    }

    @Test
    void groupsSeeTheirOwnChannelsOnly() {
        Graph graph = net(4, 8)
                .convolution(Window.square(3).pad(1), 4, zeros(8, 1, 3, 3), zeros(8))
                .build();

        assertThat(Cost.of(graph).macs()).isEqualTo(8 * 64 * 9);
    }

    @Test
    void transposedConvolutionIsCountedAtItsInputs() {
        Graph graph = net(3, 8)
                .transposedConvolution(Window.square(4).stride(2).pad(1), zeros(3, 5, 4, 4))
                .build();

        assertThat(Cost.of(graph).macs()).isEqualTo(3 * 64 * 5 * 16);
    }

    @Test
    void denseIsItsWeightsTimesTheBatchAndTheRestIsFree() {
        Graph graph = net(3, 4).relu().dense(zeros(10, 48), zeros(10)).softmax().build();

        assertThat(Cost.of(graph).macs()).isEqualTo(480);
        assertThat(Cost.of(graph).flops()).isEqualTo(960);
        assertThat(Cost.of(graph, graph.nodes().get(0))).isEqualTo(new Cost(0, 0, 2 * 48 * 4));
    }
}
