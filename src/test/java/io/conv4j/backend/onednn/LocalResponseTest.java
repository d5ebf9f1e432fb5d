package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.checkThreads;
import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Local response normalisation on our own kernel, over its source or beside it, and what is left to others. */
class LocalResponseTest {
    private static final LocalResponseNormalization USUAL = new LocalResponseNormalization(5, 0.5f, 0.75f, 2);

    private static GraphBuilder map(int channels) {
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(2, 3, 9, 7));
        return pointwise(net, channels);
    }

    private static GraphBuilder pointwise(GraphBuilder net, int channels) {
        int sources = net.value().shape().extent(1);
        return net.convolution(Window.square(1), random(Shape.of(channels, sources, 1, 1)), random(Shape.of(channels)));
    }

    private static StepReport step(List<StepReport> steps) {
        return steps.stream()
                .filter(step -> step.layer().startsWith("LocalResponse"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void overwritesWhatNobodyReadsAgain() {
        for (int channels : List.of(1, 16, 20, 70)) {
            for (int threads : List.of(1, 3)) {
                StepReport step = step(check(pointwise(map(channels).then(USUAL), 4), threads));
                assertThat(step.implementation()).isEqualTo("conv4j");
                assertThat(step.algorithm()).isEqualTo("in place");
            }
        }
        checkThreads(pointwise(map(20).then(USUAL), 4));
    }

    @Test
    void keepsWhatIsReadAgain() {
        GraphBuilder net = map(20);
        Value src = net.value();
        StepReport step = step(check(pointwise(net.then(USUAL).add(src), 4), 2));
        assertThat(step.implementation()).isEqualTo("conv4j");
        assertThat(step.algorithm()).isEmpty();
    }

    @Test
    void leavesOtherPowersAndSizesToOthers() {
        for (LocalResponseNormalization other : List.of(
                new LocalResponseNormalization(3, 0.5f, 0.75f, 2),
                new LocalResponseNormalization(4, 0.5f, 0.75f, 2),
                new LocalResponseNormalization(5, 0.5f, 0.5f, 2))) {
            assertThat(step(check(pointwise(map(20).then(other), 4), 1)).implementation())
                    .isNotEqualTo("conv4j");
        }
    }
}
