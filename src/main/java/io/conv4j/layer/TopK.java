package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * The k largest or smallest elements along an axis, best first, and where they are: src of any type, dst of its type and
 * indices s64, both with extent k at the axis (ONNX TopK). Of equal elements the one with the lower index comes first; NaN
 * counts as the largest number.
 *
 * @param k how many are taken, from 0 to the axis' extent
 * @param axis the axis; negative counts from the end
 * @param largest whether the largest are taken; else the smallest
 */
public record TopK(int k, int axis, boolean largest) implements Layer {
    /** Checks the number. */
    public TopK {
        if (k < 0) {
            throw new Conv4jException("TopK: k should be at least 0, got " + k);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        TensorType src = inputs.get(0);
        int at = src.shape().axis(axis);
        if (k > src.shape().extent(at)) {
            throw Inputs.failure(this, "axis " + axis + " of " + src.shape() + " does not have " + k + " elements");
        }
        Shape dst = src.shape().with(at, k);
        return List.of(new TensorType(src.type(), dst), new TensorType(DataType.S64, dst));
    }
}
