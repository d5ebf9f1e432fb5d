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
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pointwise convolutions by Strassen's algorithm, of so many channels that it pays on every CPU. */
class StrassenTest {
    private static final int CHANNELS = 512;
    private static final Window POINTWISE = Window.square(1);

    private static GraphBuilder src(int batch, int channels, int height, int width) {
        return Graph.builder("pointwise").input("src", Shape.of(batch, channels, height, width));
    }

    private static List<StepReport> check(GraphBuilder builder, int threads) {
        return AgainstJava.check(builder, threads, Options.by(Algorithm.STRASSEN));
    }

    private static void checkThreads(GraphBuilder builder) {
        AgainstJava.checkThreads(builder, Options.by(Algorithm.STRASSEN));
    }

    private static GraphBuilder convolution(GraphBuilder builder, Window window, int outputs) {
        Shape weights = Shape.of(outputs, builder.value().shape().extent(1), 1, 1);
        return builder.convolution(window, random(weights), random(Shape.of(outputs)));
    }

    private static void expectStrassen(List<StepReport> steps) {
        assertThat(steps).as("%s", steps).anyMatch(step -> step.algorithm().startsWith("strassen"));
    }

    @Test
    void equalsJava() {
        for (int threads : List.of(1, 2, 3)) {
            // Even and odd numbers of pixels, of one tile and of many; halves that fill vectors and that do not.
            expectStrassen(
                    check(convolution(src(1, CHANNELS, 7, 7), POINTWISE, 96).relu(), threads));
            expectStrassen(check(convolution(src(3, CHANNELS, 4, 4), POINTWISE, 74), threads));
            expectStrassen(
                    check(convolution(src(2, CHANNELS, 13, 14), POINTWISE, 250).activation(swish()), threads));
            expectStrassen(check(convolution(src(1, CHANNELS, 17, 15), POINTWISE.stride(2), 64), threads));
        }
    }

    private static Activation swish() {
        return new Activation(Activation.Kind.SWISH, 1.5f, 0);
    }

    @Test
    void addsAResidualThatDiesInPlace() {
        GraphBuilder builder = src(1, CHANNELS, 7, 7);
        Value residual = convolution(builder, POINTWISE, CHANNELS).relu().value();
        GraphBuilder added =
                convolution(builder, POINTWISE, CHANNELS).add(residual).relu();

        List<StepReport> steps = check(added, 2);

        assertThat(steps)
                .as("%s", steps)
                .filteredOn(step -> step.algorithm().equals("strassen"))
                .hasSize(2);
        assertThat(steps).as("%s", steps).noneMatch(step -> step.layer().startsWith("Binary"));
    }

    @Test
    void followsANormalisationOrAPooling() {
        Tensor any = random(Shape.of(CHANNELS));
        Tensor variance = Tensor.zeros(DataType.F32, Shape.of(CHANNELS));
        GraphBuilder normalised = src(2, CHANNELS, 9, 9)
                .batchNormalization(1, any, any, any, variance)
                .relu();
        expectTogether(check(convolution(normalised, POINTWISE, 128), 2));
        GraphBuilder pooled =
                src(1, CHANNELS, 14, 14).maxPooling(Window.square(3).stride(1).pad(1));
        expectTogether(check(convolution(pooled, POINTWISE, 64).relu(), 2));
    }

    /** What is lowered with others goes by rule. */
    private static void expectTogether(List<StepReport> steps) {
        String expected = (FipRule.paysHere() ? Algorithm.FIP : Algorithm.STRASSEN).toString();
        assertThat(steps).as("%s", steps).anyMatch(step -> step.algorithm().startsWith(expected));
    }

    @Test
    void resultsDoNotDependOnThreads() {
        checkThreads(convolution(src(3, CHANNELS, 7, 9), POINTWISE, 200));
        checkThreads(convolution(src(1, CHANNELS, 28, 28), POINTWISE, 64));
    }

    @ParameterizedTest
    @CsvSource({"512, 128, strassen", "511, 128, indirect", "512, 127, indirect", "32, 64, direct", "512, 48, indirect"
    })
    void isTakenForManyChannelsOnBothSidesUnlessAddersStandIdle(int channels, int outputs, String expected) {
        boolean fip = FipRule.paysHere() && FipRule.gain(channels, outputs) > 1;
        assertThat(byRule(channels, outputs, new ExecutionOptions(1)))
                .isEqualTo(fip ? Algorithm.FIP.toString() : expected);
    }

    @Test
    void isForbiddenWithWinogradsAndInBf16() {
        ExecutionOptions options = new ExecutionOptions(1);
        assertThat(byRule(CHANNELS, 128, options.winograd(false))).isEqualTo("indirect");
        assertThat(byRule(CHANNELS, 128, options.precision(Precision.BF16))).isEqualTo("direct");
    }

    @Test
    void channelsThatAreAlikeHaveTheSameResults() {
        Tensor ones = Tensor.zeros(DataType.F32, Shape.of(128, CHANNELS, 1, 1));
        for (int i = 0; i < ones.shape().elements(); i++) {
            ones.set(i, 1);
        }
        Plan plan = Compiler.compile(
                src(1, CHANNELS, 7, 7)
                        .convolution(POINTWISE, ones, random(Shape.of(128)))
                        .build(),
                OptimizationLevel.ALL);
        assertThat(new AlgorithmChoice(plan.constants(), new ExecutionOptions(1))
                        .candidates(plan.steps().get(0)))
                .contains(Algorithm.FIP)
                .doesNotContain(Algorithm.STRASSEN);
    }

    private static String byRule(int channels, int outputs, ExecutionOptions options) {
        return byRule(convolution(src(1, channels, 7, 7), POINTWISE, outputs), options);
    }

    private static String byRule(GraphBuilder builder, ExecutionOptions options) {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        return new AlgorithmChoice(plan.constants(), options)
                .byRule(plan.steps().get(0))
                .toString();
    }
}
