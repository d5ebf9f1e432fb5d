package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.checkThreads;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Maxima over windows on our own kernel, and what is left to oneDNN, against the Java back end. */
class MaxPoolingTest {
    private static GraphBuilder net(int... extents) {
        return Graph.builder("net").input("src", Shape.of(extents));
    }

    private static String implementation(List<StepReport> steps) {
        return steps.stream()
                .filter(step -> step.layer().startsWith("Pooling"))
                .findFirst()
                .orElseThrow()
                .implementation();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 16, 30, 31, 2, 2, 0",
        "3, 70, 13, 13, 3, 2, 1",
        "2, 64, 28, 28, 3, 1, 1",
        "2, 33, 9, 40, 2, 1, 0",
        "2, 8, 7, 70, 5, 1, 2",
        "1, 3, 40, 40, 32, 4, 20",
        "2, 1100, 3, 5, 3, 3, 1"
    })
    void findsTheGreatestOfEachWindow(
            int threads, int channels, int rows, int columns, int kernel, int stride, int pad) {
        GraphBuilder net = net(2, channels, rows, columns)
                .maxPooling(Window.square(kernel).stride(stride).pad(pad));
        assertThat(implementation(check(net, threads))).isEqualTo("conv4j");
        checkThreads(net);
    }

    /** The last windows reach beyond the padding. */
    @Test
    void roundsUp() {
        Pooling pooling =
                new Pooling(Pooling.Kind.MAX, Window.square(3).stride(2).pad(1), true);
        assertThat(implementation(check(net(1, 20, 12, 15).then(pooling), 2))).isEqualTo("conv4j");
    }

    @Test
    void activatesAfterwards() {
        check(net(1, 20, 12, 15).maxPooling(Window.square(2).stride(2)).relu(), 2);
    }

    @ParameterizedTest
    @CsvSource({"33, 1", "3, 2"})
    void leavesWindowsThatTheKernelDoesNotKnowToOthers(int kernel, int dilation) {
        GraphBuilder net = net(1, 5, 40, 40).maxPooling(Window.square(kernel).dilation(dilation));
        assertThat(implementation(check(net, 1))).isNotEqualTo("conv4j");
    }

    @Test
    void leavesVolumesAndMeansToOthers() {
        GraphBuilder volumes = net(1, 5, 6, 7, 8).maxPooling(Window.of(2, 2, 2).stride(2));
        assertThat(implementation(check(volumes, 1))).isNotEqualTo("conv4j");
        GraphBuilder means = net(1, 5, 8, 8)
                .then(new Pooling(
                        Pooling.Kind.AVERAGE_INCLUDE_PADDING, Window.square(2).stride(2), false));
        assertThat(implementation(check(means, 1))).isNotEqualTo("conv4j");
    }
}
