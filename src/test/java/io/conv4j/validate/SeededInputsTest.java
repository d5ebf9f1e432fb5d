package io.conv4j.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Random, but the same for everybody. */
class SeededInputsTest {
    @Test
    void dependOnTheSeedAlone() {
        List<TensorType> types = List.of(TensorType.f32(5), TensorType.f32(3));
        assertThat(SeededInputs.of(types, 1).get(1).toFloats())
                .isEqualTo(SeededInputs.of(types, 1).get(1).toFloats())
                .isNotEqualTo(SeededInputs.of(types, 2).get(1).toFloats())
                .isNotEqualTo(Arrays.copyOf(SeededInputs.of(types, 1).get(0).toFloats(), 3));
        List<TensorType> longerFirst = List.of(TensorType.f32(50), TensorType.f32(3));
        assertThat(SeededInputs.of(longerFirst, 1).get(1).toFloats())
                .as("whatever came before")
                .isEqualTo(SeededInputs.of(types, 1).get(1).toFloats());
    }

    @Test
    void fillEveryTypeWithWhatItIsUsedFor() {
        for (DataType type : DataType.values()) {
            Tensor tensor = SeededInputs.of(List.of(new TensorType(type, Shape.of(1000))), 3)
                    .get(0);
            double least = Double.POSITIVE_INFINITY;
            double most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < 1000; i++) {
                least = Math.min(least, tensor.get(i));
                most = Math.max(most, tensor.get(i));
            }
            switch (type) {
                case F32, BF16 -> {
                    assertThat(least).isBetween(-1.0, -0.98);
                    assertThat(most).isBetween(0.98, 1.0);
                }
                case U8 -> assertThat(List.of(least < 3, most > 252)).containsOnly(true);
                case S8 -> assertThat(List.of(least < -125, most > 124)).containsOnly(true);
                case S32, S64, BOOL ->
                    assertThat(List.of(least == 0, most == 1)).containsOnly(true);
            }
        }
    }
}
