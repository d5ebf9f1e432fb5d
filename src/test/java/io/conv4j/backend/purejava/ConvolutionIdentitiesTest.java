package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What must hold between convolutions whatever computes them; on whole numbers, so that it holds exactly. */
class ConvolutionIdentitiesTest {
    @Test
    void transposedConvolutionIsTheAdjoint() {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            ConvolutionCase each = ConvolutionCase.random(random, false);
            Tensor[] sources = each.integers(random, 5);
            Convolution layer = (Convolution) each.layer();
            Tensor x = sources[0];
            Tensor forth = SingleStep.run(layer, x, sources[1]);
            Tensor y = ConvolutionCase.integers(forth.shape(), random, 5);
            // What a stride does not reach of the input is output padding on the way back.
            List<Integer> rest = java.util.stream.IntStream.range(
                            0, layer.window().rank())
                    .map(i -> x.shape().extent(i + 2)
                            - layer.window().axis(i).stride() * (y.shape().extent(i + 2) - 1)
                            - layer.window().axis(i).effectiveKernel()
                            + layer.window().axis(i).padBefore()
                            + layer.window().axis(i).padAfter())
                    .boxed()
                    .toList();
            Tensor back =
                    SingleStep.run(new TransposedConvolution(layer.window(), layer.groups(), rest), y, sources[1]);

            assertThat(inner(forth, y)).as("seed %d: %s", seed, each).isEqualTo(inner(x, back));
        }
    }

    private static double inner(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        double sum = 0;
        for (int i = 0; i < a.shape().elements(); i++) {
            sum += a.get(i) * b.get(i);
        }
        return sum;
    }

    @Test
    void transposedConvolutionIsAConvolutionOfTheSpreadInputWithTheRotatedKernel() {
        Random random = new Random(1);
        Tensor src = ConvolutionCase.integers(Shape.of(1, 2, 3, 4), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(2, 3, 3, 3), random, 8);
        Tensor spread = Tensor.zeros(DataType.F32, Shape.of(1, 2, 5, 7));
        for (int i = 0; i < src.shape().elements(); i++) {
            spread.set(i / 12 * 35 + i % 12 / 4 * 14 + i % 4 * 2, src.get(i));
        }
        Tensor rotated = Tensor.zeros(DataType.F32, Shape.of(3, 2, 3, 3));
        for (int i = 0; i < weights.shape().elements(); i++) {
            int tap = i % 9;
            rotated.set((i / 9 % 3 * 2 + i / 27) * 9 + 8 - tap, weights.get(i));
        }

        assertThat(SingleStep.run(new TransposedConvolution(Window.square(3).stride(2)), src, weights)
                        .toFloats())
                .isEqualTo(SingleStep.run(new Convolution(Window.square(3).pad(2)), spread, rotated)
                        .toFloats());
    }

    @Test
    void dilatedConvolutionIsAConvolutionWithAKernelFullOfZeros() {
        Random random = new Random(2);
        Tensor src = ConvolutionCase.integers(Shape.of(2, 2, 9), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(3, 2, 3), random, 8);
        Tensor filled = Tensor.zeros(DataType.F32, Shape.of(3, 2, 7));
        for (int i = 0; i < weights.shape().elements(); i++) {
            filled.set(i / 3 * 7 + i % 3 * 3, weights.get(i));
        }
        Window dilated = new Window(List.of(new Axis(3, 2, 3, 2, 1)));
        Window dense = new Window(List.of(new Axis(7, 2, 1, 2, 1)));

        assertThat(SingleStep.run(new Convolution(dilated), src, weights).toFloats())
                .isEqualTo(SingleStep.run(new Convolution(dense), src, filled).toFloats());
    }

    @Test
    void groupedConvolutionIsAConvolutionWithABlockDiagonalKernel() {
        Random random = new Random(3);
        Tensor src = ConvolutionCase.integers(Shape.of(2, 6, 5, 5), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(9, 2, 3, 3), random, 8);
        Tensor diagonal = Tensor.zeros(DataType.F32, Shape.of(9, 6, 3, 3));
        for (int i = 0; i < weights.shape().elements(); i++) {
            int output = i / 18;
            int channel = output / 3 * 2 + i / 9 % 2;
            diagonal.set((output * 6 + channel) * 9 + i % 9, weights.get(i));
        }
        Window window = Window.square(3).pad(1);

        assertThat(SingleStep.run(new Convolution(window, 3), src, weights).toFloats())
                .isEqualTo(
                        SingleStep.run(new Convolution(window), src, diagonal).toFloats());
    }
}
