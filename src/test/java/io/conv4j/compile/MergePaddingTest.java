package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergePaddingTest {
    private static final Window HALVE = Window.square(3).stride(2);
    private static final Pad ZEROS = pad(0, List.of(0, 0, 1, 0), List.of(0, 0, 0, 2));
    private static final Window MERGED = new Window(List.of(new Axis(3, 2, 1, 1, 0), new Axis(3, 2, 1, 0, 2)));

    @Test
    void zerosMergeIntoAConvolution() {
        Graph graph = convolution(ZEROS, HALVE.pad(1));

        Graph result = new MergePadding().apply(graph);

        assertThat(result.nodes()).hasSize(1);
        assertThat(result.nodes().get(0).layer())
                .isEqualTo(new Convolution(new Window(List.of(new Axis(3, 2, 1, 2, 1), new Axis(3, 2, 1, 1, 3)))));
        assertThat(result.nodes().get(0).inputs().get(0))
                .isEqualTo(graph.inputs().get(0));
    }

    @Test
    void otherPaddingOfConvolutionsStays() {
        for (Pad pad : List.of(
                pad(1, ZEROS.before(), ZEROS.after()),
                pad(0, List.of(0, 0, -1, 0), List.of(0, 0, 2, 0)),
                pad(0, List.of(1, 0, 0, 0), List.of(0, 0, 0, 0)),
                new Pad(Pad.Mode.EDGE, ZEROS.before(), ZEROS.after(), 0))) {
            Graph graph = convolution(pad, HALVE);

            assertThat(new MergePadding().apply(graph)).as("%s", pad).isSameAs(graph);
        }
    }

    @Test
    void paddingThatOthersReadIsMergedAndKept() {
        Graph graph = src().then(ZEROS)
                .output()
                .then(pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING))
                .output()
                .build();

        Graph result = new MergePadding().apply(graph);

        assertThat(result.nodes()).hasSize(2);
        assertThat(result.nodes().get(1).inputs()).isEqualTo(graph.inputs());
    }

    @Test
    void zerosMergeIntoAMean() {
        Graph including = src().then(ZEROS)
                .then(pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING))
                .build();
        Graph excluding = src().then(ZEROS)
                .then(pooling(Pooling.Kind.AVERAGE_EXCLUDE_PADDING))
                .build();
        Pooling merged = new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, MERGED);

        assertThat(onlyLayer(including)).isEqualTo(merged);
        assertThat(onlyLayer(excluding)).isEqualTo(merged);
    }

    @Test
    void zerosThatCountBesidePaddingThatDoesNotStay() {
        Graph graph = src().then(ZEROS)
                .then(new Pooling(Pooling.Kind.AVERAGE_EXCLUDE_PADDING, HALVE.pad(1)))
                .build();

        assertThat(new MergePadding().apply(graph)).isSameAs(graph);
    }

    @Test
    void zerosMergeIntoAMaximumOfWhatIsNotNegative() {
        Graph positive =
                src().relu().then(ZEROS).then(pooling(Pooling.Kind.MAX)).build();
        Graph any = src().then(ZEROS).then(pooling(Pooling.Kind.MAX)).build();

        assertThat(new MergePadding().apply(positive).nodes()).hasSize(2);
        assertThat(new MergePadding().apply(any)).isSameAs(any);
    }

    @Test
    void minusInfinityMergesIntoAMaximum() {
        Pad pad = pad(Float.NEGATIVE_INFINITY, ZEROS.before(), ZEROS.after());

        assertThat(onlyLayer(src().then(pad).then(pooling(Pooling.Kind.MAX)).build()))
                .isEqualTo(new Pooling(Pooling.Kind.MAX, MERGED));
    }

    @Test
    void aWindowWouldLieInThePaddingAlone() {
        Pad pad = pad(0, List.of(0, 0, 3, 0), List.of(0, 0, 0, 0));
        Graph graph = src().then(pad)
                .then(pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING))
                .build();

        assertThat(new MergePadding().apply(graph)).isSameAs(graph);
    }

    private static Pad pad(float value, List<Integer> before, List<Integer> after) {
        return new Pad(Pad.Mode.CONSTANT, before, after, value);
    }

    private static Pooling pooling(Pooling.Kind kind) {
        return new Pooling(kind, HALVE);
    }

    private static GraphBuilder src() {
        return Graph.builder("net").input("src", Shape.of(1, 2, 8, 8));
    }

    private static Graph convolution(Pad pad, Window window) {
        GraphBuilder builder = src();
        return builder.then(pad)
                .then(
                        new Convolution(window),
                        builder.constant("weights", Tensor.zeros(DataType.F32, Shape.of(1, 2, 3, 3))))
                .build();
    }

    private static Layer onlyLayer(Graph graph) {
        Graph result = new MergePadding().apply(graph);
        assertThat(result.nodes()).hasSize(1);
        assertThat(result.outputs()).isEqualTo(graph.outputs());
        return result.nodes().get(0).layer();
    }
}
