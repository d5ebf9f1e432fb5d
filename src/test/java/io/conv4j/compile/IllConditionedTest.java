package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.ArgReduce;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Quantize;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights and errors are powers of 2, so that estimates are exact. */
class IllConditionedTest {
    private static final double ROUNDING = 0x1p-20;
    private static final Activation SIGMOID = Activation.of(Activation.Kind.SIGMOID);

    private static GraphBuilder net() {
        return Graph.builder("net").input("src", Shape.of(1, 8, 4, 4));
    }

    /** A pointwise convolution of 8 channels, whose squares of weights add up to 8 w². */
    private static GraphBuilder convolution(GraphBuilder net, double weight) {
        return net.convolution(Window.square(1), filled(weight, 8, 8, 1, 1), filled(0, 8));
    }

    private static Tensor filled(double value, int... extents) {
        float[] values = new float[Shape.of(extents).elements()];
        Arrays.fill(values, (float) value);
        return Tensor.of(Shape.of(extents), values);
    }

    private static List<Step> found(Graph graph, double limit) {
        return IllConditioned.steps(Plan.of(graph), ROUNDING, limit);
    }

    /** Requires an estimate: all steps are found below it, none from it on. */
    private static void requireEstimate(Plan plan, double estimate) {
        assertThat(IllConditioned.steps(plan, ROUNDING, estimate)).isEmpty();
        assertThat(IllConditioned.steps(plan, ROUNDING, Math.nextDown(estimate)))
                .containsExactlyElementsOf(plan.steps());
    }

    @ParameterizedTest
    @EnumSource(names = {"SIGMOID", "EXP"})
    void isWhatLeadsToASteepFunction(Activation.Kind kind) {
        Graph graph = convolution(convolution(net(), 1).relu(), 4)
                .activation(Activation.of(kind))
                .build();
        // Twice for each convolution, once for ReLU where it is a step.
        requireEstimate(Plan.of(graph), 8 * 16 * 5 * ROUNDING);
        requireEstimate(Compiler.compile(graph, OptimizationLevel.ALL), 8 * 16 * 4 * ROUNDING);
    }

    @ParameterizedTest
    @EnumSource(names = {"TANH", "HARD_SIGMOID", "RELU", "SWISH", "SOFTPLUS"})
    void isNotWhatLeadsToAnother(Activation.Kind kind) {
        GraphBuilder net = convolution(net(), 100).activation(Activation.of(kind));
        assertThat(found(net.build(), 0)).isEmpty();
        assertThat(found(convolution(net(), 100).softmax().build(), 0)).isEmpty();
        assertThat(found(convolution(net().activation(SIGMOID), 100).build(), 0))
                .isEmpty();
    }

    @Test
    void multipliesLinearStepsInARow() {
        Graph graph = convolution(convolution(convolution(net(), 1).relu(), 2), 4)
                .then(new Transpose(List.of(0, 2, 3, 1)))
                .activation(new Activation(Activation.Kind.LINEAR, 2, 1))
                .activation(SIGMOID)
                .then(new Reshape(Shape.of(16, 8)))
                .build();
        requireEstimate(Compiler.compile(graph, OptimizationLevel.ALL), 8 * 4 * 8 * 16 * 4 * 6 * ROUNDING);
    }

    @Test
    void countsTheLongestWayOnly() {
        GraphBuilder net = convolution(net(), 1).relu();
        Value skipped = net.value();
        net = convolution(convolution(net, 1).relu(), 1).add(skipped).relu();
        Plan plan = Compiler.compile(convolution(net, 1).activation(SIGMOID).build(), OptimizationLevel.ALL);
        requireEstimate(plan, 8 * 8 * ROUNDING);
    }

    @Test
    void spreadsTransposedWeightsOverTheirDst() {
        // 8 channels from 8, kernel 4x4: 4 of its 16 taps meet in each pixel of stride 2.
        Graph graph = net().transposedConvolution(Window.square(4).stride(2).pad(1), filled(2, 8, 8, 4, 4))
                .activation(SIGMOID)
                .build();
        requireEstimate(Plan.of(graph), 8 * 4 * 4 * 2 * ROUNDING);
    }

    @Test
    void readsDenseWeightsWithoutHoldingThem() {
        Tensor there = filled(0.5, 4, 8192);
        TensorSource source = (offset, dst) -> there.copyTo(offset, dst);
        Tensor weights = Tensor.deferred(there.type(), source);
        Graph graph = Graph.builder("net")
                .input("src", Shape.of(3, 8192))
                .dense(weights, filled(0, 4))
                .activation(SIGMOID)
                .build();
        requireEstimate(Plan.of(graph), 8192 * 0.25 * 2 * ROUNDING);
        assertThat(weights.isDeferred()).isTrue();
    }

    @Test
    void isNotWhatOthersBesideTheSigmoidAreMeasuredBy() {
        GraphBuilder net = convolution(net(), 100);
        Value plain = net.value();
        assertThat(found(net.activation(SIGMOID).concat(plain).build(), 0)).isEmpty();
    }

    @Test
    void isWhatLeadsToADecisionButNotWhatFollows() {
        GraphBuilder net = convolution(net(), 1);
        Value scores = net.value();
        Value largest = net.maxPooling(Window.square(3).pad(1)).value();
        net = net.from(scores).then(new Binary(Binary.Op.EQUAL), largest).then(new Cast(DataType.F32));
        Graph graph = net.multiply(scores).build();
        Plan plan = Plan.of(graph);
        assertThat(IllConditioned.steps(plan, ROUNDING, 1))
                .containsExactlyElementsOf(plan.steps().subList(0, 3));
    }

    @Test
    void leavesOtherOutputsAlone() {
        GraphBuilder net = convolution(net(), 1);
        Value shared = net.value();
        Value steep = convolution(net, 100).activation(SIGMOID).value();
        net = convolution(net.from(shared), 1);
        Plan plan = Plan.of(net.output(steep).output(net.value()).build());
        assertThat(IllConditioned.steps(plan, ROUNDING, 1e-3))
                .containsExactlyElementsOf(plan.steps().subList(0, 3));
    }

    @Test
    void isNoDecisionWhoseResultIsAnOutputOfIntegers() {
        GraphBuilder net = convolution(net(), 1);
        Value scores = net.value();
        Value labels =
                net.then(new ArgReduce(ArgReduce.Kind.MAX, 1, true, false)).value();
        assertThat(found(net.output(labels).output(scores).build(), 0)).isEmpty();
    }

    @Test
    void isNoDecisionAboutInputsNorQuantisation() {
        GraphBuilder given = net();
        Value src = given.value();
        given = given.then(new Binary(Binary.Op.GREATER), given.constant("zero", filled(0, 1)))
                .then(new Cast(DataType.F32));
        assertThat(found(convolution(given.multiply(src), 1).build(), 0)).isEmpty();

        GraphBuilder rounded = convolution(net(), 1);
        Value step = rounded.constant("step", filled(0.25, 1));
        rounded = rounded.then(new Quantize(DataType.S8, -128, 127), step).then(new Cast(DataType.F32));
        assertThat(found(rounded.build(), 0)).isEmpty();
    }
}
