package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConvolutionKernelTest {
    @Test
    void computesByHand() {
        Tensor src = Tensor.of(Shape.of(1, 1, 3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9);
        Tensor weights = Tensor.of(Shape.of(1, 1, 2, 2), 1, 10, 100, 1000);

        // Not rotated: the first weight meets the first element of the window.
        assertThat(SingleStep.run(new Convolution(Window.square(2)), src, weights, Tensor.of(Shape.of(1), 0.5f))
                        .toFloats())
                .containsExactly(5421.5f, 6532.5f, 8754.5f, 9865.5f);
    }

    @Test
    void seesZerosInThePadding() {
        Tensor src = Tensor.of(Shape.of(1, 1, 3), 1, 2, 3);
        Tensor weights = Tensor.of(Shape.of(1, 1, 2), 1, 10);
        Window window = new Window(java.util.List.of(new io.conv4j.layer.Axis(2, 2, 2, 1, 3)));

        assertThat(SingleStep.run(new Convolution(window), src, weights).toFloats())
                .containsExactly(20, 2, 0);
    }

    @Test
    void computesRandomCasesAsSevenLoopsDo() {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            ConvolutionCase each = ConvolutionCase.random(random, false);
            Tensor[] sources = each.integers(random, 8);

            assertThat(SingleStep.run(each.layer(), sources).toFloats())
                    .as("seed %d: %s", seed, each)
                    .isEqualTo(each.expected(sources).toFloats());
        }
    }
}
