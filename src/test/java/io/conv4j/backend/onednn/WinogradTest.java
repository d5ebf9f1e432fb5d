package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.golden.Difference;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WinogradTest {
    private static final ExecutionOptions ONE_THREAD = new ExecutionOptions(1);

    /** Channels beside the vectors' lanes, maps beside tiles and blocks, every pad, several images. */
    static Stream<WinogradCase> shapes() {
        return Stream.of(
                WinogradCase.of(Shape.of(1, 64, 56, 56), 64),
                WinogradCase.of(Shape.of(1, 33, 30, 31), 65),
                WinogradCase.of(Shape.of(3, 32, 13, 17), 48),
                WinogradCase.of(Shape.of(1, 48, 41, 9), 64).pads(0, 0, 2, 2),
                WinogradCase.of(Shape.of(2, 46, 19, 27), 63).pads(2, 1, 0, 1),
                WinogradCase.of(Shape.of(1, 256, 7, 7), 256),
                WinogradCase.of(Shape.of(1, 512, 15, 18), 500),
                WinogradCase.of(Shape.of(1, 32, 130, 126), 32),
                WinogradCase.of(Shape.of(1, 32, 33, 34), 32).dilated(2),
                WinogradCase.of(Shape.of(2, 48, 28, 25), 32).dilated(3));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void agreesWithTheJavaBackEnd(WinogradCase each) {
        WinogradCase.Result got = each.onednn(ONE_THREAD);

        assertThat(got.algorithm()).startsWith("winograd F(");
        int factor = got.algorithm().contains("6x6") ? Winograd.FACTOR_6 : Winograd.FACTOR_4;
        assertThat(each.errorFactor(got)).as("%s, %s", each, got.algorithm()).isLessThan(factor);
        Difference.between(got.dst(), each.java().dst()).requireNormalised(1e-10, each.toString());
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void doesNotDependOnThreads(WinogradCase each) {
        assertThat(each.onednn(new ExecutionOptions(2)).dst().toFloats())
                .as(each.toString())
                .isEqualTo(each.onednn(ONE_THREAD).dst().toFloats());
    }

    static Stream<WinogradCase> postOps() {
        WinogradCase plain = WinogradCase.of(Shape.of(2, 32, 18, 19), 48);
        return Stream.of(
                plain.after((graph, residual) -> graph.relu()),
                plain.after((graph, residual) -> graph.add(residual)),
                plain.after((graph, residual) -> graph.add(residual).relu()),
                plain.after((graph, residual) -> graph.relu().add(residual)),
                plain.after((graph, residual) -> graph.multiply(residual).relu()),
                plain.after((graph, residual) -> graph.activation(new Activation(Activation.Kind.LEAKY_RELU, 0.1f, 0))),
                plain.after((graph, residual) -> graph.activation(new Activation(Activation.Kind.CLIP, 0, 1))),
                plain.after((graph, residual) ->
                        graph.activation(new Activation(Activation.Kind.HARD_SWISH, 1 / 6f, 0.5f))),
                plain.after((graph, residual) -> graph.activation(new Activation(Activation.Kind.SWISH, 1, 0))));
    }

    @ParameterizedTest
    @MethodSource("postOps")
    void fusesWhatFollows(WinogradCase each) {
        WinogradCase.Result got = each.onednn(ONE_THREAD);

        assertThat(got.steps())
                .filteredOn(step -> !step.layer().equals("reorder"))
                .extracting(StepReport::algorithm)
                .containsExactly("winograd F(4x4)");
        Difference.between(got.dst(), each.java().dst()).requireWithin(1e-5, each.toString());
    }

    @Test
    void leavesToOthersWhatItDoesNotFuse() {
        WinogradCase each = WinogradCase.of(Shape.of(1, 32, 18, 19), 48)
                .after((graph, residual) ->
                        graph.activation(Activation.of(Activation.Kind.TANH)).add(residual));
        WinogradCase.Result got = each.onednn(ONE_THREAD);

        assertThat(got.algorithm()).isEqualTo("winograd F(4x4)");
        Difference.between(got.dst(), each.java().dst()).requireWithin(1e-5, each.toString());
    }

    @Test
    void addsAResidualThatDiesInPlace() {
        WinogradCase each = WinogradCase.of(Shape.of(1, 32, 20, 20), 32).after((graph, residual) -> {
            var doubled = graph.from(graph.value()).relu().value();
            var other = graph.from(residual)
                    .activation(Activation.of(Activation.Kind.TANH))
                    .value();
            return graph.from(doubled).add(other).activation(Activation.of(Activation.Kind.SIGMOID));
        });

        Difference.between(each.onednn(ONE_THREAD).dst(), each.java().dst()).requireWithin(1e-5, each.toString());
    }

    @Test
    void isForbiddenByTheOption() {
        WinogradCase each = WinogradCase.of(Shape.of(1, 64, 28, 28), 64);

        assertThat(each.onednn(ONE_THREAD).algorithm()).isEqualTo("winograd F(4x4)");
        assertThat(each.onednn(new ExecutionOptions(1).winograd(false)).algorithm())
                .isEqualTo("direct");
    }

    @Test
    void ruleFollowsTheMeasurements() {
        assertThat(choice(64, 224, 64)).as("large maps").isEqualTo(6);
        assertThat(choice(64, 56, 64)).isEqualTo(4);
        assertThat(choice(128, 28, 128)).isEqualTo(4);
        assertThat(choice(256, 14, 256))
                .as("large weights, fetched while tiles are multiplied")
                .isEqualTo(4);
        assertThat(choice(512, 13, 1024))
                .as("large weights, fetched while tiles are multiplied")
                .isEqualTo(4);
        assertThat(choice(112, 14, 224)).as("few tiles, lighter weights").isEqualTo(4);
        assertThat(choice(128, 14, 256)).as("few tiles, lighter weights").isEqualTo(4);
        assertThat(choice(512, 7, 512)).as("few tiles, large weights").isEqualTo(2);
        assertThat(choice(512, 1, 512)).isZero();
        assertThat(choice(3, 224, 64)).as("few channels").isZero();
        assertThat(choice(8, 64, 8)).as("few channels").isZero();
    }

    @Test
    void ruleKnowsThatTheDirectConvolutionSkipsThePadding() {
        assertThat(dilated(4).choose()).isEqualTo(4);
        assertThat(dilated(6).choose()).isEqualTo(6);
        assertThat(dilated(12).choose()).isZero();
        // Nine taps, of which the middle row and column see 32 lines and the others 20.
        assertThat(dilated(12).seconds(0) / dilated(1).seconds(0)).isBetween(0.6, 0.7);
        assertThat(dilated(36).seconds(0) / dilated(1).seconds(0)).isBetween(0.1, 0.2);
    }

    @Test
    void kernelsThatAreHeavyAreTransformedLateIfPixelsAreMany() {
        assertThat(late(512, 16, 4)).as("36 MB").isTrue();
        assertThat(late(512, 14, 4)).as("36 MB, fewer pixels").isFalse();
        assertThat(late(512, 7, 2)).as("16 MB, few pixels").isFalse();
        assertThat(late(256, 64, 4)).as("9 MB").isFalse();
        assertThat(late(256, 64, 6)).as("16 MB").isTrue();
    }

    @Test
    void kernelsThatAreTransformedLateTakeLessMemory() {
        WinogradCase.Result late =
                WinogradCase.of(Shape.of(1, 512, 16, 16), 512).onednn(ONE_THREAD);
        WinogradCase.Result early = WinogradCase.of(Shape.of(1, 512, 7, 7), 512).onednn(ONE_THREAD);

        assertThat(late.algorithm()).isEqualTo("winograd F(4x4)");
        assertThat(late.bytes()).isBetween(9L << 20, 10L << 20);
        assertThat(early.algorithm()).isEqualTo("winograd F(2x2)");
        assertThat(early.bytes()).isBetween(16L << 20, 17L << 20);
    }

    private static boolean late(int channels, int extent, int m) {
        Shape both = Shape.of(1, channels, extent, extent);
        return new WinogradRule(Window.square(3).pad(1), both, both).transformsLate(m);
    }

    private static WinogradRule dilated(int dilation) {
        return new WinogradRule(
                Window.square(3).dilation(dilation).pad(dilation), Shape.of(1, 512, 32, 32), Shape.of(1, 256, 32, 32));
    }

    private static int choice(int channels, int extent, int outputs) {
        return new WinogradRule(
                        Window.square(3).pad(1),
                        Shape.of(1, channels, extent, extent),
                        Shape.of(1, outputs, extent, extent))
                .choose();
    }
}
