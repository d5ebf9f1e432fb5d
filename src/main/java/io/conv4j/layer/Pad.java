package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Elements added around a tensor; a negative number cuts.
 *
 * @param mode what the added elements are
 * @param before elements added before each axis
 * @param after elements added after each axis
 * @param value the added elements in {@link Mode#CONSTANT}
 */
public record Pad(Mode mode, List<Integer> before, List<Integer> after, float value) implements Layer {
    /** What the added elements are. */
    public enum Mode {
        /** A constant. */
        CONSTANT,
        /** The tensor mirrored at its first and last element, which are not repeated. */
        REFLECT,
        /** The first or last element. */
        EDGE,
        /** The tensor over again. */
        WRAP
    }

    /** Checks the lengths. */
    public Pad {
        before = List.copyOf(before);
        after = List.copyOf(after);
        if (before.size() != after.size()) {
            throw new Conv4jException("pads before " + before + " and after " + after + " differ in number");
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        if (src.rank() != before.size()) {
            throw Inputs.failure(this, "pads " + before + " do not have the axes of " + src);
        }
        int[] extents = new int[src.rank()];
        for (int axis = 0; axis < extents.length; axis++) {
            int low = before.get(axis);
            int high = after.get(axis);
            long extent = (long) src.extent(axis) + low + high;
            boolean fromNothing = src.extent(axis) == 0 && mode != Mode.CONSTANT && extent > 0;
            boolean beyondMirror = mode == Mode.REFLECT && Math.max(low, high) >= Math.max(1, src.extent(axis));
            if (extent < 0 || extent > Integer.MAX_VALUE || fromNothing || beyondMirror) {
                throw Inputs.failure(
                        this,
                        "axis " + axis + " of " + src + " cannot be padded by " + low + " and " + high + " in mode "
                                + mode);
            }
            extents[axis] = (int) extent;
        }
        return List.of(new TensorType(inputs.get(0).type(), Shape.of(extents)));
    }
}
