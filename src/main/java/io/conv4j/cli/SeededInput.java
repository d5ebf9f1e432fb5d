package io.conv4j.cli;

import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.SplittableRandom;

/** Random inputs that are the same in every run. */
final class SeededInput {
    /** An odd number with its bits well mixed, so that neighbouring inputs begin far apart. */
    private static final long APART = 0x9e3779b97f4a7c15L;

    private SeededInput() {}

    /** Floating types uniform from -1 to 1, bytes over their range, wider integers 0 to 7, truth values either. */
    static Tensor of(TensorType type, long seed, int position) {
        SplittableRandom random = new SplittableRandom(seed + position * APART);
        Tensor tensor = Tensor.zeros(type);
        for (int i = 0; i < type.shape().elements(); i++) {
            tensor.set(
                    i,
                    switch (type.type()) {
                        case F32, BF16 -> random.nextDouble(-1, 1);
                        case U8 -> random.nextInt(256);
                        case S8 -> random.nextInt(256) - 128;
                        case S32, S64 -> random.nextInt(8);
                        case BOOL -> random.nextInt(2);
                    });
        }
        return tensor;
    }
}
