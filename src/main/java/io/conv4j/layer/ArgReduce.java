package io.conv4j.layer;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Where along an axis the largest or smallest element is: src of any type and shape, dst s64, with extent 1 at the axis or
 * without it (ONNX ArgMax, ArgMin). NaN counts as the extreme either way, as in numpy.
 *
 * @param kind which element is looked for
 * @param axis the axis; negative counts from the end; its extent must not be 0
 * @param keepAxis whether the axis stays with extent 1
 * @param last which of equal elements is taken: the last instead of the first
 */
public record ArgReduce(Kind kind, int axis, boolean keepAxis, boolean last) implements Layer {
    /** Which element is looked for. */
    public enum Kind {
        /** The largest. */
        MAX,
        /** The smallest. */
        MIN
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        int at = src.axis(axis);
        if (src.extent(at) == 0) {
            throw Inputs.failure(this, "axis " + axis + " of " + src + " has no element to take");
        }
        List<TensorType> kept = new Reduce(Reduce.Kind.MAX, List.of(at), keepAxis).infer(inputs);
        return List.of(new TensorType(DataType.S64, kept.get(0).shape()));
    }
}
