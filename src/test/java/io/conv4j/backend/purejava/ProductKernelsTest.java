package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.layer.Dense;
import io.conv4j.layer.MatMul;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProductKernelsTest {
    @Test
    void denseComputesByHand() {
        Tensor src = Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
        Tensor weights = Tensor.of(Shape.of(2, 3), 1, 10, 100, 0, -1, 1);

        assertThat(SingleStep.run(new Dense(), src, weights).toFloats()).containsExactly(321, 1, 654, 1);
        assertThat(SingleStep.run(new Dense(), src, weights, Tensor.of(Shape.of(2), 0.5f, 1))
                        .toFloats())
                .containsExactly(321.5f, 2, 654.5f, 2);
    }

    @Test
    void denseOfManyOutputsIsAMatrixProduct() {
        Random random = new Random(1);
        Tensor src = ConvolutionCase.integers(Shape.of(3, 301), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(130, 301), random, 8);
        Tensor transposed = Tensor.zeros(weights.dataType(), Shape.of(301, 130));
        for (int i = 0; i < 130 * 301; i++) {
            transposed.set(i % 301 * 130 + i / 301, weights.get(i));
        }

        assertThat(SingleStep.run(new Dense(), src, weights).toFloats())
                .isEqualTo(product(src, transposed, Shape.of(3, 130)));
    }

    @Test
    void matMulComputesByHand() {
        Tensor a = Tensor.of(Shape.of(2, 2), 1, 2, 3, 4);
        Tensor b = Tensor.of(Shape.of(2, 3), 1, 10, 100, 2, 20, 200);

        assertThat(SingleStep.run(new MatMul(), a, b).toFloats()).containsExactly(5, 50, 500, 11, 110, 1100);
    }

    @Test
    void matMulOfIntegersIsExactBeyondF32AndSaturates() {
        Tensor a = Tensor.zeros(DataType.S32, Shape.of(2, 2));
        Tensor b = Tensor.zeros(DataType.S32, Shape.of(2, 1));
        long[] numbers = {16_777_217, 1, 1 << 30, 1 << 30};
        for (int i = 0; i < 4; i++) {
            a.setLong(i, numbers[i]);
            b.setLong(i % 2, 2 - i % 2);
        }

        assertThat(SingleStep.run(new MatMul(), a, b).toLongs()).containsExactly(33_554_435, Integer.MAX_VALUE);
    }

    @Test
    void matMulBroadcastsBatches() {
        Random random = new Random(2);
        Tensor a = ConvolutionCase.integers(Shape.of(2, 1, 3, 4), random, 8);
        Tensor b = ConvolutionCase.integers(Shape.of(3, 4, 5), random, 8);

        assertThat(SingleStep.run(new MatMul(), a, b).toFloats()).isEqualTo(product(a, b, Shape.of(2, 3, 3, 5)));
    }

    @Test
    void matMulGoesBeyondOneBlock() {
        Random random = new Random(3);
        Tensor a = ConvolutionCase.integers(Shape.of(33, 259), random, 8);
        Tensor b = ConvolutionCase.integers(Shape.of(259, 130), random, 8);

        assertThat(SingleStep.run(new MatMul(), a, b).toFloats()).isEqualTo(product(a, b, Shape.of(33, 130)));
    }

    @Test
    void aSumOfNothingIsZero() {
        Tensor a = Tensor.of(Shape.of(2, 0));
        Tensor b = Tensor.of(Shape.of(0, 2));

        assertThat(SingleStep.run(new MatMul(), a, b).toFloats()).containsExactly(0, 0, 0, 0);
    }

    /** Up to two batch axes; a has none, or the first of two; b has none or the second. */
    private static float[] product(Tensor a, Tensor b, Shape result) {
        int m = result.extent(-2);
        int n = result.extent(-1);
        int depth = a.shape().extent(-1);
        float[] expected = new float[result.elements()];
        for (int i = 0; i < expected.length; i++) {
            int batch = i / (m * n);
            int inner = result.rank() == 4 ? result.extent(1) : 1;
            int row = batch / inner * m + i / n % m;
            double sum = 0;
            for (int k = 0; k < depth; k++) {
                sum += a.get(row * depth + k) * b.get((batch % inner * depth + k) * n + i % n);
            }
            expected[i] = (float) sum;
        }
        return expected;
    }
}
