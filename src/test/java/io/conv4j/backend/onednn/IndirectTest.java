package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.backend.onednn.AgainstJava.Options;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Convolutions of few pixels and many weights or with half a vector to spare, and what is left to other algorithms. */
class IndirectTest {
    private static final Activation SWISH = new Activation(Activation.Kind.SWISH, 1.5f, 0);
    private static final Window POINTWISE = Window.square(1);
    private static final Window STRIDED = Window.square(3).stride(2).pad(1);
    private static final Window DOUBLING = Window.square(4).stride(2).pad(1);

    private static GraphBuilder src(int batch, int channels, int extent) {
        return Graph.builder("few pixels").input("src", Shape.of(batch, channels, extent, extent));
    }

    private static List<StepReport> check(GraphBuilder builder, int threads) {
        return AgainstJava.check(builder, threads, Options.PLAINLY);
    }

    /** Where it is not taken on every CPU by rule. */
    private static List<StepReport> checkByTuning(GraphBuilder builder, int threads) {
        return AgainstJava.check(builder, threads, Options.by(Algorithm.INDIRECT));
    }

    private static void checkThreads(GraphBuilder builder) {
        AgainstJava.checkThreads(builder, Options.PLAINLY);
    }

    private static GraphBuilder convolution(GraphBuilder builder, Window window, int outputs) {
        int channels = builder.value().shape().extent(1);
        Shape weights = Shape.of(outputs, channels, window.kernel()[0], window.kernel()[1]);
        return builder.convolution(window, random(weights), random(Shape.of(outputs)));
    }

    private static GraphBuilder transposed(GraphBuilder builder, Window window, int outputs) {
        int channels = builder.value().shape().extent(1);
        Shape weights = Shape.of(channels, outputs, window.kernel()[0], window.kernel()[1]);
        return builder.transposedConvolution(window, random(weights));
    }

    private static void expectOurs(List<StepReport> steps) {
        assertThat(steps).as("%s", steps).anyMatch(step -> step.algorithm().equals("indirect"));
    }

    @Test
    void equalsJava() {
        for (int threads : List.of(1, 2, 3)) {
            expectOurs(check(convolution(src(1, 417, 7), POINTWISE, 170).relu(), threads));
            expectOurs(
                    check(convolution(src(1, 417, 13), POINTWISE.stride(2), 170).relu(), threads));
            expectOurs(check(convolution(src(1, 250, 14), STRIDED, 250).relu(), threads));
            expectOurs(check(transposed(src(1, 250, 4), DOUBLING, 170).relu(), threads));
            expectOurs(check(transposed(src(2, 1200, 2), new Window(List.of(axis(1), axis(2))), 60), threads));
        }
    }

    private static Axis axis(int dilation) {
        return new Axis(3, 2, dilation, 0, 1);
    }

    @Test
    void fewestPixelsNeedNoMinimumOfWeights() {
        for (int batch : List.of(1, 3)) {
            expectOurs(check(convolution(src(batch, 40, 1), POINTWISE, 10).activation(SWISH), 2));
            // The kernel has the one and not the other.
            for (Activation.Kind kind : List.of(Activation.Kind.SIGMOID, Activation.Kind.TANH)) {
                expectOurs(check(convolution(src(batch, 10, 1), POINTWISE, 40).activation(Activation.of(kind)), 1));
            }
        }
    }

    @Test
    void addsAResidualThatDiesInPlace() {
        GraphBuilder builder = src(1, 511, 7);
        Value residual = convolution(builder, POINTWISE, 511).relu().value();
        GraphBuilder added = convolution(builder, POINTWISE, 511).add(residual).relu();

        List<StepReport> steps = check(added, 2);

        assertThat(steps)
                .as("%s", steps)
                .filteredOn(step -> step.algorithm().equals("indirect"))
                .hasSize(2);
        assertThat(steps).as("%s", steps).noneMatch(step -> step.layer().startsWith("Binary"));
    }

    @Test
    void resultsDoNotDependOnThreads() {
        checkThreads(convolution(src(1, 501, 7), POINTWISE, 300));
    }

    /** Where vectors have 16 lanes; on other CPUs the numbers are compared alone. */
    private static void expectOursOfHalves(List<StepReport> steps) {
        assertThat(steps.stream().anyMatch(step -> step.algorithm().equals("indirect")))
                .as("%s", steps)
                .isEqualTo(NativeNetwork.vectorLanes() == 16);
    }

    @Test
    void halvesTheLastVector() {
        for (int threads : List.of(1, 2, 3)) {
            expectOursOfHalves(check(convolution(src(1, 144, 40), POINTWISE, 24).relu(), threads));
            expectOursOfHalves(check(convolution(src(2, 30, 19), POINTWISE, 70).activation(SWISH), threads));
            expectOursOfHalves(
                    checkByTuning(convolution(src(2, 1, 33), Window.square(5).pad(2), 56), threads));
            expectOursOfHalves(
                    checkByTuning(convolution(src(1, 3, 50), STRIDED, 40).relu(), threads));
        }
        AgainstJava.checkThreads(convolution(src(1, 3, 50), STRIDED, 40), Options.by(Algorithm.INDIRECT));
    }

    /** A convolution of a map times gates that its mean makes. */
    private static GraphBuilder gated(GraphBuilder builder, Window window, int outputs) {
        int channels = builder.value().shape().extent(1);
        Value map = convolution(builder, POINTWISE, channels).relu().value();
        builder.globalAveragePooling().activation(Activation.of(Activation.Kind.SIGMOID));
        Value gate = builder.value();
        return convolution(builder.from(map).multiply(gate), window, outputs);
    }

    @Test
    void multipliesPackedWeightsByGates() {
        for (int channels : List.of(17, 24, 1100)) {
            for (int threads : List.of(1, 3)) {
                GraphBuilder builder = src(1, channels, channels > 1000 ? 60 : 40);
                Value src = builder.value();
                boolean adds = channels == 24;
                GraphBuilder gated = gated(builder, POINTWISE, 24);
                List<StepReport> steps = check(adds ? gated.add(src) : gated.relu(), threads);
                expectOursOfHalves(steps);
                assertThat(steps.stream().anyMatch(step -> step.algorithm().equals("of packed weights")))
                        .as("%s", steps)
                        .isEqualTo(NativeNetwork.vectorLanes() == 16);
            }
        }
    }

    @Test
    void packsWeightsThatARunMakes() {
        // Not pointwise, but of few channels: multiplied by gates before they are packed.
        List<StepReport> steps =
                checkByTuning(gated(src(1, 3, 90), Window.square(3).pad(1), 24), 2);

        expectOursOfHalves(steps);
        assertThat(steps).as("%s", steps).anyMatch(step -> step.name().startsWith("weights of"));
    }

    @Test
    void leavesTheRestToOthers() {
        for (GraphBuilder builder : List.of(
                convolution(src(1, 416, 14), POINTWISE, 170),
                convolution(src(1, 64, 20), POINTWISE, 16),
                convolution(src(1, 64, 20), POINTWISE, 8),
                convolution(src(1, 12, 20), POINTWISE, 56),
                convolution(src(1, 4, 30), Window.of(5, 1), 24),
                convolution(src(1, 4, 40), Window.square(17), 24),
                convolution(src(1, 16, 20), STRIDED, 24),
                convolution(src(1, 64, 7), POINTWISE, 64),
                convolution(src(1, 64, 14), STRIDED, 64),
                convolution(src(1, 512, 7), Window.square(3).pad(1), 512),
                transposed(src(1, 100, 1), Window.square(4), 512),
                transposed(src(1, 512, 4), DOUBLING, 3))) {
            assertThat(AgainstJava.check(builder, 1))
                    .noneMatch(step -> step.algorithm().equals("indirect"));
        }
    }
}
