package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * A regular part of a tensor: element i of axis a is src element starts[a] + i · steps[a].
 *
 * @param starts first element taken of each axis
 * @param steps distance between elements taken, not 0; negative runs backwards
 * @param extents elements taken of each axis
 */
public record Slice(List<Integer> starts, List<Integer> steps, List<Integer> extents) implements Layer {
    /** Checks the lengths and steps. */
    public Slice {
        starts = List.copyOf(starts);
        steps = List.copyOf(steps);
        extents = List.copyOf(extents);
        if (starts.size() != steps.size() || starts.size() != extents.size() || steps.contains(0)) {
            throw new Conv4jException(
                    "a slice has a start, a step other than 0 and an extent for each axis, got starts " + starts
                            + ", steps " + steps + ", extents " + extents);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        if (src.rank() != starts.size()) {
            throw Inputs.failure(this, this + " does not have the axes of " + src);
        }
        for (int axis = 0; axis < src.rank(); axis++) {
            long last = starts.get(axis) + (long) steps.get(axis) * (extents.get(axis) - 1);
            boolean inside = starts.get(axis) >= 0
                    && starts.get(axis) < src.extent(axis)
                    && last >= 0
                    && last < src.extent(axis);
            if (extents.get(axis) > 0 && !inside) {
                throw Inputs.failure(this, "axis " + axis + " of " + src + " ends before " + this);
            }
        }
        return List.of(new TensorType(inputs.get(0).type(), Shape.of(extents)));
    }
}
