package io.conv4j.layer;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Tensors laid one after the other along an axis; all other extents agree.
 *
 * @param axis the axis; negative counts from the end
 */
public record Concat(int axis) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, Integer.MAX_VALUE);
        Inputs.sameType(this, inputs);
        Shape first = inputs.get(0).shape();
        int at = first.axis(axis);
        Shape outside = first.with(at, 0);
        long extent = 0;
        for (TensorType input : inputs) {
            if (input.shape().rank() != first.rank()
                    || !input.shape().with(at, 0).equals(outside)) {
                throw Inputs.failure(
                        this, "inputs differ outside axis " + axis + ": " + first + " and " + input.shape());
            }
            extent += input.shape().extent(at);
        }
        if (extent > Integer.MAX_VALUE) {
            throw Inputs.failure(this, extent + " elements along axis " + axis + " are too many");
        }
        return List.of(new TensorType(inputs.get(0).type(), first.with(at, (int) extent)));
    }
}
