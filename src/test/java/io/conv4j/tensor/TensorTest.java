package io.conv4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TensorTest {
    @Test
    void everySizeIsAllocatedAligned() {
        for (int extent = 0; extent < 200; extent++) {
            Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extent));

            assertThat(tensor.bytes().capacity()).isEqualTo(4 * extent);
            assertThat(tensor.bytes().alignmentOffset(0, Tensor.ALIGNMENT)).isZero();
        }
    }
}
