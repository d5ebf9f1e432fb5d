package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PostOpsTest {
    private static final Tensor SRC = Tensor.of(Shape.of(1, 2, 1, 2), -3, -1, 1, 3);
    private static final Tensor IDENTITY = Tensor.of(Shape.of(2, 2, 1, 1), 1, 0, 0, 1);

    private static SingleStep step() {
        return new SingleStep(new Convolution(Window.square(1)), SRC, IDENTITY);
    }

    @Test
    void areAppliedInTheirOrder() {
        Tensor two = Tensor.of(SRC.shape(), 2, 2, 2, 2);

        assertThat(step().then(Binary.Op.ADD, two)
                        .then(Activation.relu())
                        .run(1)
                        .toFloats())
                .containsExactly(0, 1, 3, 5);
        assertThat(step().then(Activation.relu())
                        .then(Binary.Op.ADD, two)
                        .run(1)
                        .toFloats())
                .containsExactly(2, 2, 3, 5);
    }

    @Test
    void takeTheResultFirstAndTheOperandSecond() {
        assertThat(step().then(Binary.Op.SUB, Tensor.of(Shape.of(), 1f)).run(1).toFloats())
                .containsExactly(-4, -2, 0, 2);
    }

    @Test
    void broadcastTheOperand() {
        Tensor perChannel = Tensor.of(Shape.of(2, 1, 1), 10, 100);
        Tensor perColumn = Tensor.of(Shape.of(2), 10, 100);

        assertThat(step().then(Binary.Op.MUL, perChannel).run(1).toFloats()).containsExactly(-30, -10, 100, 300);
        assertThat(step().then(Binary.Op.MUL, perColumn).run(1).toFloats()).containsExactly(-30, -100, 10, 300);
    }

    @Test
    void followLayersOfSingleElements() {
        Tensor one = Tensor.of(Shape.of(1), 1f);

        assertThat(new SingleStep(Activation.of(Activation.Kind.ABS), SRC)
                        .then(Binary.Op.SUB, one)
                        .then(Activation.of(Activation.Kind.NEGATE))
                        .run(1)
                        .toFloats())
                .containsExactly(-2, -0f, -0f, -2);
    }

    @Test
    void areRoundedOnceAtTheEnd() {
        Tensor src = Tensor.of(Shape.of(1, 1, 1), 1);
        Tensor weights = Tensor.of(Shape.of(1, 1, 1), 1);
        Tensor tiny = Tensor.of(Shape.of(1), 1e-10f);

        // In f32, 1 + 1e-10 would be 1 and nothing would be left.
        assertThat(new SingleStep(new Convolution(Window.of(1)), src, weights)
                        .then(Binary.Op.ADD, tiny)
                        .then(Binary.Op.SUB, src)
                        .run(1)
                        .toFloats()[0])
                .isBetween(0.99e-10f, 1.01e-10f);
    }
}
