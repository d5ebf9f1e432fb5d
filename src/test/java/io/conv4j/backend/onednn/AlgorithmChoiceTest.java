package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.graph.Graph;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlgorithmChoiceTest {
    private static String byRule(int channels, int extent, int outputs, Window window, Precision precision) {
        Graph graph = Graph.builder("transposed")
                .input("src", Shape.of(1, channels, extent, extent))
                .transposedConvolution(
                        window,
                        TrialRun.numbers(TensorType.f32(channels, outputs, window.kernel()[0], window.kernel()[1])))
                .build();
        Plan plan = Compiler.compile(graph, OptimizationLevel.ALL);
        return new AlgorithmChoice(plan.constants(), new ExecutionOptions(1).precision(precision))
                .byRule(plan.steps().get(0))
                .toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "128; 16; 64; 4; 2; 1; fast inner product | deconvolution | deconvolution",
                "512; 16; 256; 2; 2; 0; fast inner product | deconvolution",
                "512; 4; 256; 4; 2; 1; fast inner product | indirect | indirect",
                "100; 1; 512; 4; 1; 0; flipped convolution",
                "128; 16; 64; 3; 2; 1; fast inner product | deconvolution | deconvolution",
                "64; 32; 3; 4; 2; 1; sub-pixel convolution",
                "64; 32; 16; 4; 2; 1; sub-pixel convolution",
                "64; 16; 24; 8; 4; 2; sub-pixel convolution",
                "64; 16; 32; 5; 2; 2; sub-pixel convolution, winograd F(4x4)",
                "64; 128; 32; 2; 2; 0; deconvolution",
                "56; 180; 1; 9; 3; 3; sub-pixel convolution, winograd F(6x6)",
                "32; 16; 32; 3; 1; 1; flipped convolution, winograd F(4x4)"
            })
    void ruleFollowsTheMeasurements(
            int channels, int extent, int outputs, int kernel, int stride, int pad, String expected) {
        Window window = Window.square(kernel).stride(stride).pad(pad);

        // What is taken where adders stand idle, where units are wide as well, and else.
        List<String> any = List.of(expected.split(" \\| "));
        int last = any.size() - 1;
        int index = !FipRule.paysHere() ? last : VectorUnits.areWide() ? Math.max(0, last - 1) : 0;
        assertThat(byRule(channels, extent, outputs, window, Precision.F32)).isEqualTo(any.get(index));
    }

    @ParameterizedTest
    @CsvSource({"64, 16, 32, deconvolution", "64, 16, 3, sub-pixel convolution"})
    void inBf16NothingIsGainedByWinograd(int channels, int extent, int outputs, String expected) {
        Window window = Window.square(5).stride(2).pad(2);

        assertThat(byRule(channels, extent, outputs, window, Precision.BF16)).isEqualTo(expected);
    }
}
