package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import org.bytedeco.dnnl.global.dnnl;

/** How the elements of a dense value lie in memory. */
enum Layout {
    /** Row-major, as in a {@link io.conv4j.tensor.Tensor}. */
    PLAIN,
    /** Channels innermost (nwc, nhwc, ndhwc): what oneDNN's convolutions run on. */
    CHANNELS_LAST;

    /** Whether both layouts put the elements of such a value into the same order. */
    static boolean agree(Shape shape) {
        if (shape.rank() < 3 || shape.extent(1) == 1) {
            return true;
        }
        return shape.elements() == shape.extent(0) * shape.extent(1);
    }

    /** oneDNN's tag for this layout. */
    int tag(int rank) {
        if (this == CHANNELS_LAST && rank >= 3) {
            return switch (rank) {
                case 3 -> dnnl.dnnl_acb;
                case 4 -> dnnl.dnnl_acdb;
                case 5 -> dnnl.dnnl_acdeb;
                default -> throw new Conv4jException("no channels-last layout with " + rank + " axes");
            };
        }
        return switch (rank) {
            case 1 -> dnnl.dnnl_a;
            case 2 -> dnnl.dnnl_ab;
            case 3 -> dnnl.dnnl_abc;
            case 4 -> dnnl.dnnl_abcd;
            case 5 -> dnnl.dnnl_abcde;
            case 6 -> dnnl.dnnl_abcdef;
            default -> throw new Conv4jException("no plain layout with " + rank + " axes");
        };
    }

    /** Distance in elements between neighbours along each axis. */
    long[] strides(Shape shape) {
        int rank = shape.rank();
        long[] strides = new long[rank];
        long next = 1;
        for (int i = rank - 1; i >= 0; i--) {
            int axis = this == PLAIN || rank < 3 ? i : physicalAxis(i, rank);
            strides[axis] = next;
            next *= Math.max(1, shape.extent(axis));
        }
        return strides;
    }

    /** The logical axis that is i-th from the outside in memory, channels last. */
    private static int physicalAxis(int i, int rank) {
        if (i == 0) {
            return 0;
        }
        return i == rank - 1 ? 1 : i + 1;
    }

    /** Whether a value may lie this way: only f32 of rank 3 to 5 has channels last. */
    boolean fits(Shape shape) {
        return this == PLAIN || (shape.rank() >= 3 && shape.rank() <= 5);
    }
}
