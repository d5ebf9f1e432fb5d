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

/** Convolutions by the fast inner product: on every CPU where a tuning file asks for it, by rule where it pays. */
class FipTest {
    private static final Window POINTWISE = Window.square(1);
    private static final Activation SWISH = new Activation(Activation.Kind.SWISH, 1.5f, 0);

    private static GraphBuilder src(int batch, int channels, int height, int width) {
        return Graph.builder("fip").input("src", Shape.of(batch, channels, height, width));
    }

    private static GraphBuilder convolution(GraphBuilder builder, Window window, int outputs) {
        int channels = builder.value().shape().extent(1);
        Shape weights = Shape.of(outputs, channels, window.kernel()[0], window.kernel()[1]);
        return builder.convolution(window, random(weights), random(Shape.of(outputs)));
    }

    private static GraphBuilder transposed(GraphBuilder builder, Window window, int outputs) {
        int channels = builder.value().shape().extent(1);
        Shape weights = Shape.of(channels, outputs, window.kernel()[0], window.kernel()[1]);
        return builder.transposedConvolution(window, random(weights), random(Shape.of(outputs)));
    }

    private static List<StepReport> check(GraphBuilder builder, int threads) {
        List<StepReport> steps = AgainstJava.check(builder, threads, Options.by(Algorithm.FIP));
        expectFip(steps);
        return steps;
    }

    private static void expectFip(List<StepReport> steps) {
        assertThat(steps).as("%s", steps).anyMatch(step -> step.algorithm().startsWith("fast inner product"));
    }

    /** Of steps that go by rule. */
    private static void expectFipWhereItPays(List<StepReport> steps) {
        assertThat(steps.stream()
                        .anyMatch(step -> step.algorithm().startsWith("fast inner product")
                                || step.implementation().contains("conv4j")
                                        && step.algorithm().startsWith("depth first")))
                .as("%s", steps)
                .isEqualTo(FipRule.paysHere());
    }

    @Test
    void equalsJava() {
        for (int threads : List.of(1, 2, 3)) {
            // Of one tile and of many; vectors that are full, half full and neither; post-ops that registers have and
            // have not.
            check(convolution(src(1, 96, 7, 7), POINTWISE, 96).relu(), threads);
            check(convolution(src(3, 50, 4, 9), POINTWISE, 74).activation(SWISH), threads);
            check(convolution(src(1, 300, 17, 15), POINTWISE.stride(2), 40), threads);
            // Rows of windows, and columns that are apart.
            check(
                    convolution(src(2, 32, 16, 14), Window.square(3).stride(2).pad(1), 70)
                            .relu(),
                    threads);
            check(
                    convolution(
                            src(1, 64, 30, 31),
                            Window.square(3).stride(2).dilation(2).pad(2),
                            48),
                    threads);
            check(convolution(src(1, 12, 33, 20), Window.square(5).pad(2), 56).relu(), threads);
        }
    }

    @Test
    void equalsJavaTransposed() {
        for (int threads : List.of(1, 3)) {
            // Phases of as many taps each, of one and of others; tiles within a row and across rows; weights that no
            // level-2 cache holds.
            check(
                    transposed(src(2, 100, 8, 9), Window.square(4).stride(2).pad(1), 70)
                            .relu(),
                    threads);
            check(transposed(src(1, 120, 6, 40), Window.square(2).stride(2), 72).activation(SWISH), threads);
            check(transposed(src(1, 96, 12, 14), Window.of(3, 5).stride(2).pad(1), 64), threads);
            check(transposed(src(1, 64, 14, 14), Window.square(3).pad(1), 48), threads);
            check(transposed(src(1, 300, 9, 9), Window.square(4).stride(2).pad(1), 200), threads);
        }
        AgainstJava.checkThreads(
                transposed(src(2, 128, 9, 9), Window.square(4).stride(2).pad(1), 64), Options.by(Algorithm.FIP));
    }

    @ParameterizedTest
    @CsvSource({
        "256, 128, 32, 4, 2, 1, 1, true",
        "64, 32, 40, 2, 2, 0, 1, false",
        "512, 256, 2, 4, 2, 1, 1, false",
        "128, 64, 16, 2, 3, 0, 1, false",
        "128, 64, 16, 3, 1, 0, 2, false"
    })
    void isLookedAtForTransposedOnesWhosePixelsAllSeeMuch(
            int channels, int outputs, int extent, int kernel, int stride, int pad, int dilation, boolean expected) {
        Window window = Window.square(kernel).stride(stride).pad(pad).dilation(dilation);
        Plan plan = plan(transposed(src(1, channels, extent, extent), window, outputs));
        AlgorithmChoice choice = choice(plan, new ExecutionOptions(1));
        Step step = plan.steps().get(0);
        assertThat(choice.candidates(step).contains(Algorithm.FIP)).isEqualTo(expected);
        assertThat(choice.byRule(step).equals(Algorithm.FIP)).isEqualTo(expected && FipRule.paysHere());
    }

    @Test
    void addsAResidualThatDiesInPlace() {
        GraphBuilder builder = src(1, 128, 9, 9);
        Value residual = convolution(builder, POINTWISE, 128).relu().value();
        GraphBuilder added = convolution(builder, POINTWISE, 128).add(residual).relu();

        List<StepReport> steps = check(added, 2);

        assertThat(steps)
                .as("%s", steps)
                .filteredOn(step -> step.algorithm().equals("fast inner product"))
                .hasSize(2);
        assertThat(steps).as("%s", steps).noneMatch(step -> step.layer().startsWith("Binary"));
    }

    /** Of a large map the compiler multiplies weights by gates; of a small one the map, on either side. */
    @ParameterizedTest
    @CsvSource({"192, 30, 40, true", "400, 30, 40, true", "400, 14, 14, true", "250, 5, 9, false"})
    void multipliesPixelsByGates(int channels, int height, int width, boolean mapFirst) {
        GraphBuilder builder = src(1, channels, height, width);
        Value residual = convolution(builder, POINTWISE, 128).value();
        GraphBuilder gated = convolution(gated(builder, channels, mapFirst), POINTWISE, 128);
        List<StepReport> steps = AgainstJava.check(gated.add(residual).relu(), 2);
        assertThat(steps.stream().anyMatch(step -> step.algorithm().equals("fast inner product, of gated pixels")))
                .as("%s", steps)
                .isEqualTo(FipRule.paysHere());
    }

    private static GraphBuilder gated(GraphBuilder builder, int channels, boolean mapFirst) {
        Value map = convolution(builder, POINTWISE, channels).relu().value();
        builder.globalAveragePooling().activation(Activation.of(Activation.Kind.SIGMOID));
        Value gate = builder.value();
        return mapFirst ? builder.from(map).multiply(gate) : builder.multiply(map);
    }

    @Test
    void leavesGatesOfSeveralImagesAlone() {
        List<StepReport> steps = AgainstJava.check(
                convolution(gated(src(2, 250, 5, 9), 250, true), POINTWISE, 128).relu(), 2);
        assertThat(steps).as("%s", steps).noneMatch(step -> step.algorithm().endsWith("of gated pixels"));
    }

    @Test
    void followsANormalisationOrAPooling() {
        Tensor any = random(Shape.of(300));
        Tensor variance = Tensor.zeros(DataType.F32, Shape.of(300));
        GraphBuilder normalised =
                src(2, 300, 9, 9).batchNormalization(1, any, any, any, variance).relu();
        expectFipWhereItPays(AgainstJava.check(convolution(normalised, POINTWISE, 128), 2));
        GraphBuilder pooled =
                src(1, 300, 14, 14).maxPooling(Window.square(3).stride(1).pad(1));
        expectFipWhereItPays(
                AgainstJava.check(convolution(pooled, POINTWISE, 128).relu(), 2));
    }

    @Test
    void resultsDoNotDependOnThreads() {
        AgainstJava.checkThreads(convolution(src(3, 100, 7, 9), POINTWISE, 200), Options.by(Algorithm.FIP));
        AgainstJava.checkThreads(
                convolution(src(1, 64, 28, 28), Window.square(3).stride(2).pad(1), 64), Options.by(Algorithm.FIP));
        // More weights than a level-2 cache holds.
        AgainstJava.checkThreads(convolution(src(1, 700, 7, 7), POINTWISE, 500), Options.by(Algorithm.FIP));
    }

    @ParameterizedTest
    @CsvSource({
        "100, 64, 1, 7, true",
        "24, 400, 1, 7, false",
        "400, 16, 1, 7, false",
        "100, 64, 1, 3, false",
        "30, 64, 3, 7, true"
    })
    void isLookedAtForManyProductsOfManyPixels(int channels, int outputs, int kernel, int extent, boolean expected) {
        Window window = Window.square(kernel).stride(kernel > 1 ? 2 : 1);
        GraphBuilder builder = convolution(src(1, channels, extent * 2, extent), window, outputs);
        Plan plan = plan(extent == 3 ? convolution(src(1, channels, 3, 3), window, outputs) : builder);
        boolean looked = choice(plan, new ExecutionOptions(1))
                .candidates(plan.steps().get(0))
                .contains(Algorithm.FIP);
        assertThat(looked).isEqualTo(expected);
    }

    @Test
    void isNotTakenWhereWindowsSeeMostlyPadding() {
        Plan plan = plan(
                convolution(src(1, 64, 12, 12), Window.square(3).dilation(6).pad(6), 64));
        assertThat(choice(plan, new ExecutionOptions(1)).candidates(plan.steps().get(0)))
                .doesNotContain(Algorithm.FIP);
    }

    @Test
    void isTakenByRuleWhereAddersStandIdleAndForbiddenWithWinogradsAndInBf16() {
        Plan plan = plan(convolution(src(1, 300, 14, 14), POINTWISE, 128));
        ExecutionOptions options = new ExecutionOptions(1);
        assertThat(choice(plan, options).byRule(plan.steps().get(0)).equals(Algorithm.FIP))
                .isEqualTo(FipRule.paysHere());
        for (ExecutionOptions without : List.of(options.winograd(false), options.precision(Precision.BF16))) {
            assertThat(choice(plan, without).candidates(plan.steps().get(0))).doesNotContain(Algorithm.FIP);
        }
    }

    @Test
    void channelsThatAreAlikeHaveTheSameResults() {
        Tensor weights = Tensor.zeros(DataType.F32, Shape.of(40, 100, 1, 1));
        for (int i = 0; i < weights.shape().elements(); i++) {
            weights.set(i, Math.sin(i % 100));
        }
        Plan plan = plan(src(1, 100, 5, 5).convolution(POINTWISE, weights, Tensor.zeros(DataType.F32, Shape.of(40))));
        Tensor dst = Tensor.zeros(plan.outputs().get(0).type());

        AgainstJava.run(plan, Options.by(Algorithm.FIP).of(plan, 1), List.of(random(Shape.of(1, 100, 5, 5))), dst);

        for (int i = 0; i < dst.shape().elements(); i++) {
            assertThat(dst.get(i)).isEqualTo(dst.get(i % 25));
        }
    }

    private static Plan plan(GraphBuilder builder) {
        return Compiler.compile(builder.build(), OptimizationLevel.ALL);
    }

    private static AlgorithmChoice choice(Plan plan, ExecutionOptions options) {
        return new AlgorithmChoice(plan.constants(), options);
    }
}
