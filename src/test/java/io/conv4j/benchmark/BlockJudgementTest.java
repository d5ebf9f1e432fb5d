package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.StepReport;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Inverted residual blocks that run depth first, judged by ONNX Runtime layer by layer: MobileNet's and EfficientNet's, whose
 * expanded tensor of 1.2 MB is more than stays near, so that each image is cut into several bands by the rule of every day.
 */
class BlockJudgementTest {
    private static final int FEW = 16;
    private static final int MANY = 96;
    private static final int EXTENT = 56;
    private static final double LIMIT = 1e-10;
    private static final List<Integer> THREADS = List.of(1, 2, 3);
    private static final Activation SWISH = new Activation(Activation.Kind.SWISH, 1, 0);
    private static final Activation CLIP = Activation.clip(0, 6);
    /** Keeps whole numbers whole, and many of them as they are. */
    private static final Activation WIDE = Activation.clip(-20, 60);

    /** What follows the depthwise convolution. */
    private enum End {
        PROJECTED,
        RESIDUAL,
        GATED,
        GATED_RESIDUAL;

        boolean gates() {
            return this == GATED || this == GATED_RESIDUAL;
        }

        boolean adds() {
            return this == RESIDUAL || this == GATED_RESIDUAL;
        }
    }

    /** A block; its text is the seed of its weights. */
    record Block(int batch, int kernel, int stride, Activation activation, End end) {
        Shape src() {
            return Shape.of(batch, FEW, EXTENT, EXTENT);
        }

        Window window() {
            return Window.square(kernel).stride(stride).pad(kernel / 2);
        }

        int outputs() {
            return end.adds() ? FEW : 24;
        }
    }

    static List<Block> blocks() {
        List<Block> blocks = new ArrayList<>();
        for (int kernel : List.of(3, 5)) {
            for (int stride : List.of(1, 2)) {
                for (End end : End.values()) {
                    if (!end.adds() || stride == 1) {
                        // Both sizes of batch with both strides.
                        int batch = kernel == 3 ? stride : 3 - stride;
                        blocks.add(new Block(batch, kernel, stride, CLIP, end));
                        blocks.add(new Block(batch, kernel, stride, SWISH, end));
                    }
                }
            }
        }
        return blocks;
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void equalsTheLayersOneAfterTheOther(Block block) {
        NetWriter net = new NetWriter(block.toString(), block.src());
        Value src = net.value();
        net.block(MANY, Window.square(1), block.activation)
                .depthwise(block.window())
                .batchNormalization()
                .activation(block.activation);
        if (block.end.gates()) {
            ClassifierNets.squeezeAndExcite(net, FEW / 4, block.activation);
        }
        net.convolution(block.outputs(), Window.square(1)).batchNormalization();
        Graph graph = block.end.adds() ? net.add(src).build() : net.build();
        int seed = block.toString().hashCode();
        judge(
                graph,
                Course.seeded(graph, seed).get(0),
                block,
                difference -> difference.requireNormalised(LIMIT, "seed " + seed + ": " + block));
    }

    /** Those without a gate, which rounds; they have an activation of their own. */
    static List<Block> wholeBlocks() {
        return blocks().stream()
                .filter(block -> !block.end.gates() && block.activation.equals(CLIP))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("wholeBlocks")
    void isExactForWholeNumbers(Block block) {
        int seed = block.toString().hashCode();
        Random random = new Random(seed);
        GraphBuilder net = Graph.builder("whole").input("src", block.src());
        Value src = net.value();
        net.convolution(Window.square(1), weights(random, MANY, FEW, 1), bias(random, MANY))
                .activation(WIDE)
                .convolution(block.window(), MANY, weights(random, MANY, 1, block.kernel), bias(random, MANY))
                .activation(WIDE)
                .convolution(
                        Window.square(1), weights(random, block.outputs(), MANY, 1), bias(random, block.outputs()));
        Graph graph = block.end.adds() ? net.add(src).build() : net.build();
        judge(
                graph,
                ConvolutionCase.integers(block.src(), random, 3),
                block,
                difference -> difference.requireWithin(0, "seed " + seed + ": " + block));
    }

    /** A network's beginning: the layer that expands has a window. */
    @Test
    void equalsTheFirstLayersOneAfterTheOther() {
        NetWriter net = new NetWriter("first layers", Shape.of(1, 3, 224, 224));
        Graph graph = net.block(32, Window.square(3).stride(2).pad(1), CLIP)
                .depthwise(Window.square(3).pad(1))
                .batchNormalization()
                .activation(CLIP)
                .convolution(FEW, Window.square(1))
                .batchNormalization()
                .build();
        Block block = new Block(1, 3, 1, CLIP, End.PROJECTED);
        judge(
                graph,
                Course.seeded(graph, 1).get(0),
                block,
                difference -> difference.requireNormalised(LIMIT, "first layers"));
    }

    /** The beginning of a network for super-resolution: there is no depthwise convolution. */
    @Test
    void equalsAWindowAndItsProjectionOneAfterTheOther() {
        NetWriter net = new NetWriter("window and projection", Shape.of(2, 1, 90, 100));
        Graph graph = net.biasedConvolution(56, Window.square(5).pad(2))
                .relu()
                .biasedConvolution(12, Window.square(1))
                .build();
        OutsideJudge judge = OutsideJudge.of(graph, Course.seeded(graph, 1).get(0));
        for (int threads : THREADS) {
            assertThat(judge.require(threads, difference -> difference.requireNormalised(LIMIT, graph.name())))
                    .filteredOn(step -> step.algorithm().startsWith("depth first"))
                    .singleElement()
                    .satisfies(step -> assertThat(step.with()).hasSize(1));
        }
    }

    private static void judge(Graph graph, Tensor src, Block block, Consumer<Difference> limit) {
        OutsideJudge judge = OutsideJudge.of(graph, src);
        for (int threads : THREADS) {
            List<StepReport> steps = judge.require(threads, limit);
            assertThat(steps)
                    .as("%s on %d threads: %s", block, threads, steps)
                    .filteredOn(step -> step.algorithm().startsWith("depth first"))
                    .singleElement()
                    .satisfies(step -> requireWhole(step, block));
        }
    }

    /** The step holds all that can be run in bands: the projection, or the mean that the gate is made of. */
    private static void requireWhole(StepReport step, Block block) {
        assertThat(step.with()).hasSize(2);
        assertThat(step.layer().split(", ", -1)).hasSize(block.end.gates() ? 2 : 3);
        assertThat(step.layer().endsWith("+add")).isEqualTo(block.end == End.RESIDUAL);
    }

    private static Tensor weights(Random random, int outputs, int inputs, int kernel) {
        return ConvolutionCase.integers(Shape.of(outputs, inputs, kernel, kernel), random, 2);
    }

    private static Tensor bias(Random random, int channels) {
        return ConvolutionCase.integers(Shape.of(channels), random, 3);
    }
}
