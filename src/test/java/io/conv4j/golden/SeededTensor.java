package io.conv4j.golden;

import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/** Inputs that are the same in every run. */
public final class SeededTensor {
    private SeededTensor() {}

    /** An f32 tensor, uniform between −1 and 1. */
    public static Tensor of(TensorType type, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Tensor tensor = Tensor.zeros(type);
        FloatBuffer values = tensor.floats();
        while (values.hasRemaining()) {
            values.put((float) random.nextDouble(-1, 1));
        }
        return tensor;
    }
}
