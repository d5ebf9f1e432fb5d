package io.conv4j.layer;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/** The same elements in the same order under another shape; flatten, squeeze and unsqueeze are this. */
public record Reshape(Shape shape) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        if (src.elements() != shape.elements()) {
            throw Inputs.failure(this, src + " does not have as many elements as " + shape);
        }
        return List.of(new TensorType(inputs.get(0).type(), shape));
    }
}
