package io.conv4j.layer;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Slices of src along an axis, picked by an s64 or s32 tensor of indices, whose axes take that axis' place. Negative
 * indices count from the end.
 *
 * @param axis the axis; negative counts from the end
 */
public record Gather(int axis) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 2);
        TensorType indices = inputs.get(1);
        Inputs.indices(this, indices);
        Shape src = inputs.get(0).shape();
        int at = src.axis(axis);
        int[] extents = IntStream.concat(
                        IntStream.concat(
                                IntStream.range(0, at).map(src::extent),
                                IntStream.of(indices.shape().extents())),
                        IntStream.range(at + 1, src.rank()).map(src::extent))
                .toArray();
        return List.of(new TensorType(inputs.get(0).type(), Shape.of(extents)));
    }
}
