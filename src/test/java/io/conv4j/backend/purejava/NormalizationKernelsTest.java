package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Softmax;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class NormalizationKernelsTest {
    @Test
    void batchNormalizationComputesByHand() {
        Tensor src = Tensor.of(Shape.of(1, 2, 2), 1, 2, 3, 4);
        Tensor scale = Tensor.of(Shape.of(2), 2, 3);
        Tensor bias = Tensor.of(Shape.of(2), 10, 20);
        Tensor mean = Tensor.of(Shape.of(2), 1, 2);
        Tensor variance = Tensor.of(Shape.of(2), 3.5f, 0);

        assertThat(SingleStep.run(new BatchNormalization(0.5f), src, scale, bias, mean, variance)
                        .toFloats())
                .containsExactly(10, 11, (float) (20 + 3 / Math.sqrt(0.5)), (float) (20 + 6 / Math.sqrt(0.5)));
    }

    @Test
    void localResponseOfAnEvenSizeReachesOneFartherAfter() {
        Tensor src = Tensor.of(Shape.of(1, 4, 1), 1, 2, 3, 4);

        // Channels c to c + 1.
        assertThat(SingleStep.run(new LocalResponseNormalization(2, 2, 1, 1), src)
                        .toFloats())
                .containsExactly(1f / 6, 2f / 14, 3f / 26, 4f / 17);
    }

    @Test
    void localResponseOfAnOddSizeIsCentred() {
        Tensor src = Tensor.of(Shape.of(1, 4, 1), 1, 2, 3, 4);

        assertThat(SingleStep.run(new LocalResponseNormalization(3, 3, 0.5f, 2), src)
                        .toFloats())
                .containsExactly(
                        (float) (1 / Math.sqrt(7)), (float) (2 / Math.sqrt(16)), (float) (3 / Math.sqrt(31)), (float)
                                (4 / Math.sqrt(27)));
    }

    @Test
    void softmaxComputesByHandAlongAnyAxis() {
        float log3 = (float) Math.log(3);
        Tensor src = Tensor.of(Shape.of(2, 2), 0, 0, log3, 0);

        assertThat(SingleStep.run(new Softmax(0, false), src).toFloats())
                .containsExactly(new float[] {0.25f, 0.5f, 0.75f, 0.5f}, within(1e-7f));
        assertThat(SingleStep.run(new Softmax(-1, false), src).toFloats())
                .containsExactly(new float[] {0.5f, 0.5f, 0.75f, 0.25f}, within(1e-7f));
        assertThat(SingleStep.run(new Softmax(1, true), src).toFloats()[2])
                .isCloseTo((float) Math.log(0.75), within(1e-7f));
    }

    @Test
    void softmaxOfLargeNumbersDoesNotOverflow() {
        Tensor src = Tensor.of(Shape.of(1, 2), 1e30f, 1e30f);

        assertThat(SingleStep.run(new Softmax(1, false), src).toFloats()).containsExactly(0.5f, 0.5f);
    }
}
