package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Activation.Kind;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Where;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Activations as models spell them out, with the passes that bring them into form. */
class RecogniseActivationsTest {
    private final GraphBuilder builder = Graph.builder("net").input("src", Shape.of(2, 3));
    private final Value src = builder.value();

    @Test
    void swish() {
        builder.activation(Activation.of(Kind.SIGMOID)).multiply(src);

        assertThat(recognised()).isEqualTo(new Activation(Kind.SWISH, 1, 0));
    }

    @Test
    void swishOfASteeperSigmoid() {
        Value gate = builder.multiply(number(1.702f))
                .activation(Activation.of(Kind.SIGMOID))
                .value();
        builder.from(src).multiply(gate);

        assertThat(recognised()).isEqualTo(new Activation(Kind.SWISH, 1.702f, 0));
    }

    @Test
    void hardSwishFromHardSigmoid() {
        builder.activation(new Activation(Kind.HARD_SIGMOID, 0.2f, 0.5f)).multiply(src);

        assertThat(recognised()).isEqualTo(new Activation(Kind.HARD_SWISH, 0.2f, 0.5f));
    }

    @Test
    void hardSwishDividedAtTheEnd() {
        Value gate = builder.add(number(3)).activation(Activation.clip(0, 6)).value();
        builder.from(src).multiply(gate).then(new Binary(Binary.Op.DIV), number(6));

        assertThat(recognised()).isEqualTo(new Activation(Kind.HARD_SWISH, 3f / 18, 0.5f));
    }

    @Test
    void hardSwishWithADividedGate() {
        Value gate = builder.add(number(3))
                .relu()
                .then(new Binary(Binary.Op.MIN), number(6))
                .multiply(number(1 / 6f))
                .value();
        builder.from(gate).multiply(src);

        assertThat(recognised()).isEqualTo(new Activation(Kind.HARD_SWISH, 1 / 6f, 0.5f));
    }

    @Test
    void hardSigmoid() {
        builder.add(number(3)).activation(Activation.clip(0, 6)).then(new Binary(Binary.Op.DIV), number(6));

        assertThat(recognised()).isEqualTo(new Activation(Kind.HARD_SIGMOID, 1 / 6f, 0.5f));
    }

    @Test
    void leakyReluAsAMaximum() {
        builder.multiply(number(0.1f)).then(new Binary(Binary.Op.MAX), src);

        assertThat(recognised()).isEqualTo(new Activation(Kind.LEAKY_RELU, 0.1f, 0));
    }

    @Test
    void leakyReluAsAChoice() {
        Value scaled = builder.multiply(number(0.1f)).value();
        Value above =
                builder.from(src).then(new Binary(Binary.Op.GREATER), number(0)).value();
        builder.from(above).then(new Where(), src, scaled);

        assertThat(recognised()).isEqualTo(new Activation(Kind.LEAKY_RELU, 0.1f, 0));
    }

    @Test
    void softplus() {
        builder.activation(Activation.of(Kind.EXP)).add(number(1)).activation(Activation.of(Kind.LOG));

        assertThat(recognised()).isEqualTo(Activation.of(Kind.SOFTPLUS));
    }

    @Test
    void softplusThatDoesNotOverflowAndMish() {
        Value small = builder.activation(Activation.of(Kind.ABS))
                .activation(Activation.of(Kind.NEGATE))
                .activation(Activation.of(Kind.EXP))
                .add(number(1))
                .activation(Activation.of(Kind.LOG))
                .value();
        builder.from(src).relu().add(small).activation(Activation.of(Kind.TANH)).multiply(src);

        assertThat(recognised()).isEqualTo(Activation.of(Kind.MISH));
    }

    @Test
    void geluHalvedAtTheEnd() {
        Value error = errorFunction();
        builder.from(src).multiply(error).multiply(number(0.5f));

        assertThat(recognised()).isEqualTo(Activation.of(Kind.GELU));
    }

    @Test
    void geluHalvedAtTheStart() {
        Value error = errorFunction();
        builder.from(src).multiply(number(0.5f)).multiply(error);

        assertThat(recognised()).isEqualTo(Activation.of(Kind.GELU));
    }

    @Test
    void geluByTheHyperbolicTangent() {
        Value cube = builder.then(new Binary(Binary.Op.POW), number(3))
                .multiply(number(0.044715f))
                .value();
        Value gate = builder.from(src)
                .add(cube)
                .multiply(number(0.7978846f))
                .activation(Activation.of(Kind.TANH))
                .add(number(1))
                .value();
        builder.from(src).multiply(gate).multiply(number(0.5f));

        assertThat(recognised()).isEqualTo(Activation.of(Kind.GELU_TANH));
    }

    @Test
    void theFunctionOfAnotherValueIsNoActivation() {
        Value other = builder.input("other", src.type());
        builder.from(other).activation(Activation.of(Kind.SIGMOID)).multiply(src);
        Graph graph = builder.build();

        assertThat(new RecogniseActivations().apply(graph)).isSameAs(graph);
    }

    private Value errorFunction() {
        return builder.then(new Binary(Binary.Op.DIV), number(1.4142135f))
                .activation(Activation.of(Kind.ERF))
                .add(number(1))
                .value();
    }

    private Value number(float number) {
        return builder.constant("number", Tensor.of(Shape.of(), number));
    }

    /** The one layer that is left. */
    private Activation recognised() {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        assertThat(plan.steps()).hasSize(1);
        assertThat(plan.steps().get(0).sources()).containsExactly(src);
        assertThat(plan.steps().get(0).postOps()).isEmpty();
        return (Activation) plan.steps().get(0).layer();
    }
}
