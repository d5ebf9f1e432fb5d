package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaledWeightsTest {
    @ParameterizedTest
    @CsvSource({"3, 7, 0, 21", "3, 7, 5, 9", "2, 5000, 4990, 20", "5, 5000, 100, 24000", "6, 1, 2, 3"})
    void givesAnyPartOfTheProducts(int rows, int row, int first, int count) {
        Random random = new Random(7);
        float[] weights = new float[rows * row];
        double[] factors = random.doubles(rows).toArray();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        ScaledWeights scaled = new ScaledWeights(Tensor.of(Shape.of(rows, row), weights), factors, row);
        ByteBuffer dst = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());

        scaled.read((long) first * Float.BYTES, dst);

        assertThat(dst.hasRemaining()).isFalse();
        for (int i = 0; i < count; i++) {
            int index = first + i;
            assertThat(dst.getFloat(i * Float.BYTES)).isEqualTo((float) (weights[index] * factors[index / row]));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, true", "1e38, false", "NaN, false"})
    void saysWhetherAllProductsAreFinite(double factor, boolean finite) {
        Tensor weights = Tensor.of(Shape.of(2, 2), 1, 2, 3, 4);

        assertThat(new ScaledWeights(weights, new double[] {1, factor}, 2)
                        .multiplyInto(Tensor.zeros(TensorType.f32(2, 2)).bytes()))
                .isEqualTo(finite);
    }

    @Test
    void beginsAnewAfterTheLastFactor() {
        Tensor weights = Tensor.of(Shape.of(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
        Tensor products = Tensor.zeros(weights.type());

        new ScaledWeights(weights, new double[] {10, -1}, 2).multiplyInto(products.bytes());

        assertThat(products.toFloats()).containsExactly(10, 20, -3, -4, 50, 60, -7, -8);
    }
}
