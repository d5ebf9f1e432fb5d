package io.conv4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DeferredTensorTest {
    private final AtomicInteger reads = new AtomicInteger();

    private Tensor counting(int elements) {
        return Tensor.deferred(TensorType.f32(elements), (offset, dst) -> {
            reads.incrementAndGet();
            for (long index = offset / Float.BYTES; dst.hasRemaining(); index++) {
                dst.putFloat((float) index);
            }
        });
    }

    @Test
    void fetchesOnceAndOnlyWhenAsked() {
        Tensor tensor = counting(5);
        assertThat(tensor.isDeferred()).isTrue();
        assertThat(tensor.type()).isEqualTo(TensorType.f32(5));
        assertThat(reads).hasValue(0);

        assertThat(tensor.get(3)).isEqualTo(3);
        assertThat(tensor.toFloats()).containsExactly(0, 1, 2, 3, 4);
        assertThat(tensor.reshape(Shape.of(5, 1)).get(4)).isEqualTo(4);

        assertThat(tensor.isDeferred()).isFalse();
        assertThat(reads).hasValue(1);
    }

    @Test
    void copiesPartsWithoutHoldingThem() {
        Tensor tensor = counting(9);
        ByteBuffer dst = ByteBuffer.allocateDirect(3 * Float.BYTES).order(ByteOrder.nativeOrder());

        tensor.copyTo(4 * Float.BYTES, dst);

        assertThat(dst.hasRemaining()).isFalse();
        assertThat(dst.getFloat(0)).isEqualTo(4);
        assertThat(dst.getFloat(8)).isEqualTo(6);
        assertThat(tensor.isDeferred()).isTrue();

        tensor.load();
        tensor.copyTo(6 * Float.BYTES, dst.clear());
        assertThat(dst.getFloat(8)).isEqualTo(8);
        assertThat(reads).hasValue(2);
    }
}
