package io.conv4j.validate;

import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Inputs for those who have none: random, and the same for the same seed everywhere. */
public final class SeededInputs {
    private SeededInputs() {}

    /**
     * A tensor for each type: f32 and bf16 uniform in [−1, 1); u8 and s8 over their whole range; s32, s64 and bool 0 or 1,
     * as they are mostly indices and switches.
     */
    public static List<Tensor> of(List<TensorType> types, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Tensor> tensors = new ArrayList<>(types.size());
        for (TensorType type : types) {
            // One stream each, so that a tensor does not depend on the size of those before it.
            tensors.add(fill(Tensor.zeros(type), random.split()));
        }
        return tensors;
    }

    private static Tensor fill(Tensor tensor, SplittableRandom random) {
        int elements = tensor.shape().elements();
        for (int i = 0; i < elements; i++) {
            tensor.set(
                    i,
                    switch (tensor.dataType()) {
                        case F32, BF16 -> random.nextDouble(-1, 1);
                        case U8 -> random.nextInt(0, 256);
                        case S8 -> random.nextInt(-128, 128);
                        case S32, S64, BOOL -> random.nextInt(0, 2);
                    });
        }
        return tensor;
    }
}
