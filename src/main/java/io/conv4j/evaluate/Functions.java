package io.conv4j.evaluate;

import io.conv4j.layer.Activation;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;

/** Functions of one element: Activation and Cast. */
final class Functions {
    private final Workers workers;

    Functions(Workers workers) {
        this.workers = workers;
    }

    void activation(Activation activation, Tensor src, Tensor dst) {
        if (src.dataType() == DataType.F32) {
            floats(activation, src.floats(), dst.floats());
        } else if (src.dataType().floating()) {
            workers.forEach(src.shape().elements(), 4, i -> dst.set(i, activation.apply(src.get(i))));
        } else {
            workers.forEach(src.shape().elements(), 4, i -> dst.setLong(i, whole(activation, src.getLong(i))));
        }
    }

    private void floats(Activation activation, FloatBuffer src, FloatBuffer dst) {
        workers.forRanges(src.capacity(), 4, (first, end) -> {
            float[] values = new float[Math.min(Runs.LONGEST, end - first)];
            for (int at = first; at < end; at += values.length) {
                int length = Math.min(values.length, end - at);
                src.get(at, values, 0, length);
                for (int i = 0; i < length; i++) {
                    values[i] = (float) activation.apply(values[i]);
                }
                dst.put(at, values, 0, length);
            }
        });
    }

    /** The function on an integer, exact where the result is one; else the fraction is cut. */
    private static long whole(Activation activation, long x) {
        return switch (activation.kind()) {
            case RELU -> Math.max(x, 0);
            case ABS -> Math.abs(x);
            case NEGATE -> -x;
            case FLOOR, CEIL, ROUND -> x;
            case NOT -> x == 0 ? 1 : 0;
            case CLIP ->
                Math.min(Math.max(x, (long) Math.ceil(activation.alpha())), (long) Math.floor(activation.beta()));
            default -> (long) activation.apply((double) x);
        };
    }

    void cast(Tensor src, Tensor dst) {
        if (src.dataType() == dst.dataType()) {
            dst.copyFrom(src);
        } else if (!src.dataType().floating()) {
            workers.forEach(src.shape().elements(), 4, i -> dst.setLong(i, src.getLong(i)));
        } else if (dst.dataType().floating() || dst.dataType() == DataType.BOOL) {
            workers.forEach(src.shape().elements(), 4, i -> dst.set(i, src.get(i)));
        } else {
            workers.forEach(src.shape().elements(), 4, i -> {
                double value = src.get(i);
                dst.set(i, value < 0 ? Math.ceil(value) : Math.floor(value));
            });
        }
    }
}
