package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TransposedConvolutionKernelTest {
    @Test
    void computesByHand() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2, 2), 1, 2, 3, 4);
        Tensor weights = Tensor.of(Shape.of(1, 1, 2, 2), 1, 10, 100, 1000);

        assertThat(SingleStep.run(
                                new TransposedConvolution(Window.square(2)), src, weights, Tensor.of(Shape.of(1), 0.5f))
                        .toFloats())
                .containsExactly(1.5f, 12.5f, 20.5f, 103.5f, 1234.5f, 2040.5f, 300.5f, 3400.5f, 4000.5f);
    }

    @Test
    void cutsByPaddingAndGrowsByOutputPadding() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2), 1, 2);
        Tensor weights = Tensor.of(Shape.of(1, 1, 3), 1, 10, 100);
        Window window = new Window(List.of(new Axis(3, 2, 1, 1, 0)));

        assertThat(SingleStep.run(new TransposedConvolution(window, 1, List.of(1)), src, weights)
                        .toFloats())
                .containsExactly(10, 102, 20, 200, 0);
    }

    @Test
    void computesRandomCasesAsSevenLoopsDo() {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            ConvolutionCase each = ConvolutionCase.random(random, true);
            Tensor[] sources = each.integers(random, 8);

            assertThat(SingleStep.run(each.layer(), sources).toFloats())
                    .as("seed %d: %s", seed, each)
                    .isEqualTo(each.expected(sources).toFloats());
        }
    }
}
