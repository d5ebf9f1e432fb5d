package io.conv4j.layer;

import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * eˣ / Σeˣ along one axis, or its logarithm.
 *
 * @param axis the axis summed over; negative counts from the end
 * @param logarithm whether the logarithm of the result is taken (LogSoftmax)
 */
public record Softmax(int axis, boolean logarithm) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Inputs.floating(this, inputs.get(0));
        inputs.get(0).shape().axis(axis);
        return inputs;
    }
}
