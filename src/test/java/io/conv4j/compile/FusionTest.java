package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class FusionTest {
    private static final Tensor WEIGHTS = Tensor.zeros(DataType.F32, Shape.of(2, 2, 3, 3));
    private static final Tensor BIAS = Tensor.zeros(DataType.F32, Shape.of(2));
    private static final Activation ERF = Activation.of(Activation.Kind.ERF);

    @Test
    void activationsFuseIntoTheConvolutionBefore() {
        Graph graph = convolution(src()).relu().build();

        Plan plan = Fusion.plan(graph);

        assertThat(plan.steps()).extracting(Step::word).containsExactly("Convolution+relu");
        assertThat(plan.steps().get(0).destination()).isEqualTo(graph.outputs().get(0));
        assertThat(plan.steps().get(0).origin()).isEqualTo(graph.nodes().get(0));
        assertThat(Plan.of(graph).steps()).extracting(Step::word).containsExactly("Convolution", "relu");
    }

    @Test
    void aResidualSumFusesWhicheverSideTheShortcutIsOn() {
        GraphBuilder left = src();
        Value leftSrc = left.value();
        Plan mainFirst = Fusion.plan(convolution(left).add(leftSrc).relu().build());
        GraphBuilder right = src();
        Value rightSrc = right.value();
        Value main = convolution(right).value();
        Plan shortcutFirst = Fusion.plan(right.from(rightSrc).add(main).relu().build());

        assertThat(mainFirst.steps()).extracting(Step::word).containsExactly("Convolution+add+relu");
        assertThat(shortcutFirst.steps()).extracting(Step::word).containsExactly("Convolution+add+relu");
        assertThat(shortcutFirst.steps().get(0).reads()).contains(rightSrc);
    }

    @Test
    void ofTwoConvolutionsTheLaterTakesTheSum() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value first = convolution(builder).value();
        Value second = convolution(builder.from(src)).value();
        Graph graph = builder.from(first).add(second).build();

        Plan plan = Fusion.plan(graph);

        assertThat(plan.steps()).extracting(Step::word).containsExactly("Convolution", "Convolution+add");
        assertThat(plan.steps().get(1).postOps()).containsExactly(new PostOp.Combine(Binary.Op.ADD, first));
    }

    @Test
    void aConvolutionThatCameTooEarlyIsRunLater() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value early = convolution(builder).value();
        Value late = builder.from(src).activation(ERF).value();
        Graph graph = builder.from(early).add(late).relu().build();

        Plan plan = Fusion.plan(graph);

        assertThat(plan.steps()).extracting(Step::word).containsExactly("erf", "Convolution+add+relu");
    }

    @Test
    void aConvolutionIsPreferredToAPooling() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value early = convolution(builder).value();
        Value late = builder.from(src).maxPooling(Window.square(3).pad(1)).value();
        Graph graph = builder.from(early).add(late).build();

        assertThat(Fusion.plan(graph).steps()).extracting(Step::word).containsExactly("Pooling", "Convolution+add");
    }

    @Test
    void channelFactorsAndScalarsFuse() {
        GraphBuilder builder = src();
        Value factors = builder.input(
                "factors", Tensor.zeros(DataType.F32, Shape.of(1, 2, 1, 1)).type());
        Value src = builder.value();
        Graph graph = convolution(builder.from(src)).multiply(factors).build();

        assertThat(Fusion.plan(graph).steps()).extracting(Step::word).containsExactly("Convolution+mul");
    }

    @Test
    void aDifferenceFusesOnBothSides() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Graph from = convolution(builder).then(new Binary(Binary.Op.SUB), src).build();
        GraphBuilder other = src();
        Value otherSrc = other.value();
        Value convolution = convolution(other).value();
        Graph of = other.from(otherSrc)
                .then(new Binary(Binary.Op.SUB), convolution)
                .build();

        assertThat(Fusion.plan(from).steps()).extracting(Step::word).containsExactly("Convolution+sub");
        assertThat(Fusion.plan(of).steps()).extracting(Step::word).containsExactly("Convolution+linear+add");
    }

    @Test
    void aQuotientFusesOnTheLeftOnly() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Value convolution = convolution(builder).value();
        Graph graph =
                builder.from(src).then(new Binary(Binary.Op.DIV), convolution).build();

        assertThat(Fusion.plan(graph).steps()).extracting(Step::word).containsExactly("Convolution", "div");
    }

    @Test
    void whatOthersReadIsWritten() {
        GraphBuilder builder = src();
        Value convolution = convolution(builder).value();
        Graph readTwice = builder.relu().add(convolution).build();
        Graph output = convolution(src()).output().relu().output().build();
        GraphBuilder square = convolution(src());
        Graph both = square.multiply(square.value()).build();

        assertThat(Fusion.plan(readTwice).steps()).extracting(Step::word).containsExactly("Convolution", "relu", "add");
        assertThat(Fusion.plan(output).steps()).extracting(Step::word).containsExactly("Convolution", "relu");
        assertThat(Fusion.plan(both).steps()).extracting(Step::word).containsExactly("Convolution", "mul");
    }

    @Test
    void whatGrowsByBroadcastingDoesNotFuse() {
        GraphBuilder builder = src();
        Value larger = builder.input(
                "larger", Tensor.zeros(DataType.F32, Shape.of(5, 2, 4, 4)).type());
        Value src = builder.value();
        Graph graph = convolution(builder.from(src)).add(larger).build();

        assertThat(Fusion.plan(graph).steps()).extracting(Step::word).containsExactly("Convolution", "add");
    }

    @Test
    void whatLibrariesHaveNoPostOpForDoesNotFuse() {
        GraphBuilder builder = src();
        Value src = builder.value();
        Graph erf = convolution(builder).activation(ERF).build();
        GraphBuilder power = src();
        Graph pow = convolution(power).then(new Binary(Binary.Op.POW), src).build();

        assertThat(Fusion.plan(erf).steps()).hasSize(2);
        assertThat(Fusion.plan(pow).steps()).hasSize(2);
    }

    @Test
    void aNormalisationTakesAReluAndNothingMore() {
        Graph graph = src().batchNormalization(1, BIAS, BIAS, BIAS, BIAS)
                .relu()
                .activation(Activation.of(Activation.Kind.TANH))
                .build();

        assertThat(Fusion.plan(graph).steps())
                .extracting(Step::word)
                .containsExactly("BatchNormalization+relu", "tanh");
    }

    @Test
    void stepsWithVeryManyPostOpsAreCut() {
        GraphBuilder builder = convolution(src());
        Collections.nCopies(20, Activation.of(Activation.Kind.TANH)).forEach(builder::activation);

        Plan plan = Fusion.plan(builder.build());

        assertThat(plan.steps()).hasSize(13);
        assertThat(plan.steps().get(0).postOps()).hasSize(8);
    }

    private static GraphBuilder src() {
        return Graph.builder("net").input("src", Shape.of(1, 2, 4, 4));
    }

    private static GraphBuilder convolution(GraphBuilder builder) {
        return builder.convolution(Window.square(3).pad(1), WEIGHTS, BIAS);
    }
}
