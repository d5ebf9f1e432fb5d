package io.conv4j.backend.purejava;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** A tensor of any type, read as doubles. Safe from several threads. */
final class Source {
    private final Tensor tensor;
    private final @Nullable FloatBuffer floats;

    Source(Tensor tensor) {
        this.tensor = tensor;
        this.floats = tensor.dataType() == DataType.F32 ? tensor.floats() : null;
    }

    Shape shape() {
        return tensor.shape();
    }

    double get(int index) {
        return floats == null ? tensor.get(index) : floats.get(index);
    }

    /** Elements {@code from}, {@code from + stride}, … go to {@code into[at]}, {@code into[at + 1]}, …. */
    void read(int from, int stride, double[] into, int at, int length) {
        if (floats == null) {
            for (int i = 0; i < length; i++) {
                into[at + i] = tensor.get(from + i * stride);
            }
        } else if (stride == 1) {
            // Copied as a whole first: a loop over an array becomes vector instructions, one over a buffer does not.
            float[] run = new float[length];
            floats.get(from, run);
            for (int i = 0; i < length; i++) {
                into[at + i] = run[i];
            }
        } else {
            for (int i = 0; i < length; i++) {
                into[at + i] = floats.get(from + i * stride);
            }
        }
    }

    /** A fresh array with this many elements from an index on. */
    double[] read(int from, int length) {
        double[] values = new double[length];
        read(from, 1, values, 0, length);
        return values;
    }
}
