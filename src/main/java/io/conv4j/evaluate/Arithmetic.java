package io.conv4j.evaluate;

import io.conv4j.layer.Binary;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Functions of several elements with broadcasting: Binary and Where. */
final class Arithmetic {
    private final Workers workers;

    Arithmetic(Workers workers) {
        this.workers = workers;
    }

    void binary(Binary.Op op, Tensor a, Tensor b, Tensor dst) {
        Runs runs = Runs.broadcast(dst.shape(), a.shape(), b.shape());
        if (a.dataType() == DataType.F32 && dst.dataType() == DataType.F32) {
            floats(op, a, b, dst, runs);
        } else if (a.dataType().floating()) {
            runs.forEach(workers, (to, from, length) -> {
                for (int i = 0; i < length; i++) {
                    double left = a.get(from[0] + i * runs.stride(0));
                    double right = b.get(from[1] + i * runs.stride(1));
                    dst.set(to + i, op.apply(left, right));
                }
            });
        } else {
            runs.forEach(workers, (to, from, length) -> {
                for (int i = 0; i < length; i++) {
                    long left = a.getLong(from[0] + i * runs.stride(0));
                    long right = b.getLong(from[1] + i * runs.stride(1));
                    dst.setLong(to + i, op.apply(left, right));
                }
            });
        }
    }

    private void floats(Binary.Op op, Tensor a, Tensor b, Tensor dst, Runs runs) {
        FloatBuffer left = a.floats();
        FloatBuffer right = b.floats();
        FloatBuffer result = dst.floats();
        runs.forEach(workers, (to, from, length) -> {
            float[] x = read(left, from[0], runs.stride(0), length);
            float[] y = read(right, from[1], runs.stride(1), length);
            combine(op, x, y);
            result.put(to, x);
        });
    }

    private static float[] read(FloatBuffer src, int from, int stride, int length) {
        float[] values = new float[length];
        if (stride == 1) {
            src.get(from, values);
        } else if (stride == 0) {
            Arrays.fill(values, src.get(from));
        } else {
            for (int i = 0; i < length; i++) {
                values[i] = src.get(from + i * stride);
            }
        }
        return values;
    }

    /** x becomes op(x, y). Sums and products of floats round the same in float as in double. */
    private static void combine(Binary.Op op, float[] x, float[] y) {
        switch (op) {
            case ADD -> {
                for (int i = 0; i < x.length; i++) {
                    x[i] += y[i];
                }
            }
            case MUL -> {
                for (int i = 0; i < x.length; i++) {
                    x[i] *= y[i];
                }
            }
            default -> {
                for (int i = 0; i < x.length; i++) {
                    x[i] = (float) op.apply((double) x[i], (double) y[i]);
                }
            }
        }
    }

    void where(Tensor condition, Tensor a, Tensor b, Tensor dst) {
        Runs runs = Runs.broadcast(dst.shape(), condition.shape(), a.shape(), b.shape());
        ByteBuffer holds = condition.bytes();
        Elements chosen = new Elements(a, dst);
        Elements other = new Elements(b, dst);
        runs.forEach(workers, (to, from, length) -> {
            for (int i = 0; i < length; i++) {
                if (holds.get(from[0] + i * runs.stride(0)) != 0) {
                    chosen.copy(from[1] + i * runs.stride(1), 1, to + i, 1);
                } else {
                    other.copy(from[2] + i * runs.stride(2), 1, to + i, 1);
                }
            }
        });
    }
}
