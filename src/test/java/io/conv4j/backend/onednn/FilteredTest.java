package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.onednn.AgainstJava.Options;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions by Winograd's filtering of rows. */
class FilteredTest {
    private static final Window STEM = Window.square(7).stride(2).pad(3);

    private static GraphBuilder src(int batch, int channels, int height, int width) {
        return Graph.builder("filtered").input("src", Shape.of(batch, channels, height, width));
    }

    private static GraphBuilder convolution(GraphBuilder builder, Window window, int outputs) {
        int channels = builder.value().shape().extent(1);
        Shape weights = Shape.of(outputs, channels, window.kernel()[0], window.kernel()[1]);
        return builder.convolution(window, random(weights), random(Shape.of(outputs)));
    }

    private static void check(GraphBuilder builder, int threads) {
        List<StepReport> steps = AgainstJava.check(builder, threads, Options.by(Algorithm.FILTERED));
        assertThat(steps).as("%s", steps).anyMatch(step -> step.algorithm().equals("winograd F(2x1)"));
    }

    @Test
    void equalsJava() {
        Activation swish = new Activation(Activation.Kind.SWISH, 1.5f, 0);
        for (int threads : List.of(1, 2, 3)) {
            // Even and odd rows; strides that part taps into phases or not; vectors that are full, half full and
            // neither;
            // post-ops that registers have and have not.
            check(convolution(src(1, 3, 64, 60), STEM, 64).relu(), threads);
            check(
                    convolution(src(2, 1, 33, 40), Window.square(5).pad(2), 56)
                            .activation(new Activation(Activation.Kind.LEAKY_RELU, 0.25f, 0)),
                    threads);
            check(convolution(src(1, 16, 27, 28), Window.square(5).pad(2), 40).activation(swish), threads);
            check(convolution(src(1, 3, 63, 63), Window.square(11).stride(4).pad(2), 96), threads);
            check(convolution(src(3, 4, 20, 30), Window.of(9, 3), 17).relu(), threads);
        }
        AgainstJava.checkThreads(convolution(src(3, 3, 61, 50), STEM, 64), Options.by(Algorithm.FILTERED));
    }

    @ParameterizedTest
    @CsvSource({
        "3, 64, 112, 7, 2, 3, 1, true, true",
        "1, 56, 100, 5, 1, 2, 1, true, false",
        "24, 64, 14, 5, 1, 2, 1, true, false",
        // Windows of few rows, mostly of padding, of rows apart; rows that are too long; results that wait for memory;
        // few channels of dst.
        "3, 64, 112, 3, 1, 1, 1, false, false",
        "64, 64, 3, 9, 1, 4, 1, false, false",
        "3, 64, 112, 7, 2, 3, 2, false, false",
        "200, 64, 28, 5, 1, 2, 1, false, false",
        "1, 56, 200, 5, 1, 2, 1, false, false",
        "3, 12, 112, 7, 2, 3, 1, false, false"
    })
    void isTakenForWindowsOfManyRows(
            int channels,
            int outputs,
            int extent,
            int kernel,
            int stride,
            int pad,
            int dilation,
            boolean expected,
            boolean ofWide) {
        Window window = Window.square(kernel).stride(stride).pad(pad).dilation(dilation);
        Plan plan = plan(convolution(src(1, channels, extent, extent), window, outputs));
        AlgorithmChoice choice = choice(plan, new ExecutionOptions(1));
        assertThat(choice.byRule(step(plan)).equals(Algorithm.FILTERED))
                .isEqualTo(VectorUnits.areWide() ? ofWide : expected);
    }

    @Test
    void isForbiddenWithWinogradsAndInBf16() {
        Plan plan = plan(convolution(src(1, 3, 112, 112), STEM, 64));
        ExecutionOptions options = new ExecutionOptions(1);
        assertThat(choice(plan, options).candidates(step(plan))).contains(Algorithm.FILTERED);
        for (ExecutionOptions without : List.of(options.winograd(false), options.precision(Precision.BF16))) {
            assertThat(choice(plan, without).candidates(step(plan))).doesNotContain(Algorithm.FILTERED);
        }
    }

    private static Step step(Plan plan) {
        return plan.steps().get(0);
    }

    private static Plan plan(GraphBuilder builder) {
        return Compiler.compile(builder.build(), OptimizationLevel.ALL);
    }

    private static AlgorithmChoice choice(Plan plan, ExecutionOptions options) {
        return new AlgorithmChoice(plan.constants(), options);
    }
}
