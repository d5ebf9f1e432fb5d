package io.conv4j.evaluate;

import io.conv4j.layer.Dequantize;
import io.conv4j.layer.Quantize;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Between fractions and integers by a scale: Quantize and Dequantize. */
final class Quantizing {
    private final Tensor src;
    private final FloatBuffer scale;
    private final @Nullable Tensor zeroPoint;
    private final Tensor dst;
    private final Runs runs;

    Quantizing(List<Tensor> inputs, Tensor dst) {
        this.src = inputs.get(0);
        this.scale = inputs.get(1).floats();
        this.zeroPoint = inputs.size() > 2 ? inputs.get(2) : null;
        this.dst = dst;
        // Without a zero point the scale is walked along twice.
        Shape third = inputs.get(inputs.size() - 1).shape();
        this.runs = Runs.broadcast(dst.shape(), src.shape(), inputs.get(1).shape(), third);
    }

    void quantize(Quantize layer, Workers workers) {
        FloatBuffer values = src.floats();
        runs.forEach(workers, (to, from, length) -> {
            for (int i = 0; i < length; i++) {
                float value = values.get(from[0] + i * runs.stride(0));
                float divisor = scale.get(from[1] + i * runs.stride(1));
                int summand = (int) zeroPoint(from[2] + i * runs.stride(2));
                dst.setLong(to + i, layer.apply(value, divisor, summand));
            }
        });
    }

    void dequantize(Dequantize layer, Workers workers) {
        FloatBuffer values = dst.floats();
        runs.forEach(workers, (to, from, length) -> {
            for (int i = 0; i < length; i++) {
                long value = src.getLong(from[0] + i * runs.stride(0));
                float factor = scale.get(from[1] + i * runs.stride(1));
                values.put(to + i, layer.apply(value, factor, zeroPoint(from[2] + i * runs.stride(2))));
            }
        });
    }

    private long zeroPoint(int index) {
        return zeroPoint == null ? 0 : zeroPoint.getLong(index);
    }
}
