package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Layers on kernels of our own, judged by ONNX Runtime: exact on whole numbers, within the bound of rounding on others, and
 * computed by the algorithm that is meant.
 */
class LayerJudgementTest {
    private static final List<Integer> THREADS = List.of(1, 2, 3);
    private static final int RANGE = 4;

    /** Of the next case; printed where one fails. */
    private int seed = 20261128;

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 16, 32})
    void groupsOfFewChannels(int channels) {
        for (int groups : List.of(2, 5)) {
            for (int stride : List.of(1, 2)) {
                Window window = Window.square(3).stride(stride).pad(1);
                Shape src = Shape.of(2, groups * channels, 14, 17);
                judge(
                        List.of("grouped, winograd F(2x1)"),
                        new ConvolutionCase(new Convolution(window, groups), src, groups * channels, true));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "3, 2", "5, 1", "5, 2"})
    void depthwise(int kernel, int stride) {
        Window window = Window.square(kernel).stride(stride).pad(kernel / 2);
        for (int channels : List.of(2, 37, 64)) {
            Shape src = Shape.of(2, channels, 13, 18);
            judge(List.of("depthwise"), new ConvolutionCase(new Convolution(window, channels), src, channels, true));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void fullyConnectedOfFewRows(int rows) {
        for (int[] extents : new int[][] {{33, 1000}, {4500, 37}, {1, 1}, {1280, 1000}}) {
            Shape src = Shape.of(rows, extents[0]);
            Shape weights = Shape.of(extents[1], extents[0]);
            String what = "dense of " + src + " by " + weights;
            Random random = new Random(++seed);
            Tensor[] whole = {
                ConvolutionCase.integers(src, random, RANGE),
                ConvolutionCase.integers(weights, random, RANGE),
                ConvolutionCase.integers(Shape.of(extents[1]), random, RANGE)
            };
            Tensor[] reals = ConvolutionGrid.reals(random, whole);
            judge(List.of("gemv"), dense(whole), whole[0], 0, what);
            judge(List.of("gemv"), dense(reals), reals[0], ConvolutionGrid.tolerance(extents[0], reals), what);
        }
    }

    /** Of 7x7 pixels: pointwise with and without stride, the strided layer before, the phases of a transposed one. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gatheredWindows(boolean bias) {
        Window pointwise = Window.square(1);
        Window strided = Window.square(3).stride(2).pad(1);
        TransposedConvolution doubling =
                new TransposedConvolution(Window.square(4).stride(2).pad(1), 1, List.of(0, 0));
        for (ConvolutionCase each : List.of(
                new ConvolutionCase(new Convolution(pointwise), Shape.of(1, 417, 7, 7), 170, bias),
                new ConvolutionCase(new Convolution(pointwise.stride(2)), Shape.of(1, 417, 13, 13), 170, bias),
                new ConvolutionCase(new Convolution(strided), Shape.of(1, 250, 14, 14), 250, bias),
                new ConvolutionCase(new Convolution(strided), Shape.of(1, 256, 13, 13), 256, bias),
                new ConvolutionCase(doubling, Shape.of(1, 250, 7, 7), 170, bias))) {
            judge(List.of("indirect", "fast inner product"), each);
        }
    }

    /** First layers, and one of many channels, with even and odd rows. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void windowsOfManyRows(boolean bias) {
        for (ConvolutionCase each : List.of(
                new ConvolutionCase(
                        new Convolution(Window.square(7).stride(2).pad(3)), Shape.of(2, 3, 111, 112), 64, bias),
                new ConvolutionCase(
                        new Convolution(Window.square(11).stride(4).pad(2)), Shape.of(1, 3, 63, 63), 96, bias),
                new ConvolutionCase(new Convolution(Window.square(5).pad(2)), Shape.of(1, 40, 28, 27), 64, bias))) {
            judge(List.of("winograd F(2x1)"), each);
        }
    }

    /** So many channels that it pays on every CPU, with stride too. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pointwiseOfManyChannels(boolean bias) {
        Window pointwise = Window.square(1);
        for (ConvolutionCase each : List.of(
                new ConvolutionCase(new Convolution(pointwise), Shape.of(2, 512, 7, 7), 160, bias),
                new ConvolutionCase(new Convolution(pointwise), Shape.of(1, 600, 14, 13), 90, bias),
                new ConvolutionCase(new Convolution(pointwise.stride(2)), Shape.of(1, 512, 17, 20), 128, bias))) {
            judge(List.of("strassen", "fast inner product"), each);
        }
    }

    private void judge(List<String> algorithms, ConvolutionCase each) {
        Random random = new Random(++seed);
        Tensor[] whole = each.integers(random, RANGE);
        Tensor[] reals = ConvolutionGrid.reals(random, whole);
        judge(algorithms, ConvolutionGrid.graph(each, whole), whole[0], 0, each.toString());
        double tolerance = ConvolutionGrid.tolerance(each, reals);
        judge(algorithms, ConvolutionGrid.graph(each, reals), reals[0], tolerance, each.toString());
    }

    private void judge(List<String> algorithms, Graph graph, Tensor src, double tolerance, String what) {
        OutsideJudge judge = OutsideJudge.of(graph, src);
        for (int threads : THREADS) {
            String named = "seed " + seed + ", " + threads + " threads: " + what;
            List<StepReport> steps = judge.require(threads, difference -> difference.requireWithin(tolerance, named));
            assertThat(steps).as(named).anySatisfy(step -> {
                assertThat(step.algorithm()).isIn(algorithms);
                assertThat(step.implementation()).isEqualTo("conv4j");
            });
        }
    }

    private static Graph dense(Tensor... sources) {
        return Graph.builder("dense")
                .input("src", sources[0].shape())
                .dense(sources[1], sources[2])
                .build();
    }
}
