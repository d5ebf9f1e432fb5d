package io.conv4j.evaluate;

import static io.conv4j.evaluate.EvaluatorTest.counting;
import static io.conv4j.evaluate.EvaluatorTest.floats;
import static io.conv4j.evaluate.EvaluatorTest.one;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.Dequantize;
import io.conv4j.layer.Quantize;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class QuantizingTest {
    private static Tensor integers(DataType type, Shape shape, long... values) {
        Tensor tensor = Tensor.zeros(type, shape);
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }

    @Test
    void takesOneScaleForAll() {
        Tensor scale = Tensor.of(Shape.of(), 0.5f);

        assertThat(one(Quantize.to(DataType.S8), floats(0.25f, 0.75f, -3, 100), scale)
                        .toLongs())
                .containsExactly(0, 2, -6, 127);
        assertThat(one(new Dequantize(), integers(DataType.S8, Shape.of(3), -128, 0, 127), scale)
                        .toFloats())
                .containsExactly(-64, 0, 63.5f);
    }

    @Test
    void takesScalesAndZeroPointsAlongAnAxis() {
        Tensor src = integers(DataType.U8, Shape.of(2, 2), 3, 4, 5, 255);
        Tensor scale = Tensor.of(Shape.of(2, 1), 2, 10);
        Tensor zeroPoint = integers(DataType.U8, Shape.of(2, 1), 4, 5);

        Tensor real = one(new Dequantize(), src, scale, zeroPoint);

        assertThat(real.toFloats()).containsExactly(-2, 0, 0, 2500);
        assertThat(one(Quantize.to(DataType.U8), real, scale, zeroPoint).bytes())
                .isEqualTo(src.bytes());
    }

    @Test
    void walksOverManyPixels() {
        // Longer than one run, enough for a second thread.
        Tensor pixels = counting(1, 3, 100, 100);
        Tensor scale = Tensor.of(Shape.of(3, 1, 1), 100, 200, 400);
        Tensor zeroPoint = integers(DataType.S32, Shape.of(3, 1, 1), 0, -1, 1);

        Tensor quantized = one(Quantize.to(DataType.S32), pixels, scale, zeroPoint);

        for (int i = 0; i < 30_000; i++) {
            int channel = i / 10_000;
            long expected = (long) Math.rint(i / scale.get(channel)) + zeroPoint.getLong(channel);
            assertThat(quantized.getLong(i)).isEqualTo(expected);
        }
    }

    @Test
    void takesEmptyTensors() {
        Tensor none = Tensor.of(Shape.of(0, 2));

        assertThat(one(Quantize.to(DataType.U8), none, Tensor.of(Shape.of(), 1)).shape())
                .isEqualTo(none.shape());
    }
}
