package io.conv4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class GatherElementsTest {
    private static List<TensorType> inputs(DataType indices, int... extents) {
        return List.of(TensorType.f32(3, 4), new TensorType(indices, Shape.of(extents)));
    }

    @Test
    void hasTheShapeOfItsIndices() {
        assertThat(new GatherElements(1).infer(inputs(DataType.S64, 2, 9))).containsExactly(TensorType.f32(2, 9));
        assertThat(new GatherElements(-2).infer(inputs(DataType.S32, 9, 4))).containsExactly(TensorType.f32(9, 4));
    }

    @Test
    void refusesIndicesThatDoNotFit() {
        assertThatThrownBy(() -> new GatherElements(1).infer(inputs(DataType.S64, 4, 4)))
                .hasMessageContaining("indices [4x4] go beyond src [3x4] on another axis than 1");
        assertThatThrownBy(() -> new GatherElements(1).infer(inputs(DataType.S64, 3)))
                .hasMessageContaining("indices [3] go beyond src [3x4]");
        assertThatThrownBy(() -> new GatherElements(1).infer(inputs(DataType.F32, 3, 4)))
                .hasMessageContaining("indices should be s64 or s32");
        assertThatThrownBy(() -> new GatherElements(2).infer(inputs(DataType.S64, 3, 4)))
                .hasMessageContaining("axis 2");
    }
}
