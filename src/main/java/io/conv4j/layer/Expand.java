package io.conv4j.layer;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/** Axes of extent 1 repeated, by numpy's broadcasting against a shape. */
public record Expand(Shape shape) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        return List.of(new TensorType(
                inputs.get(0).type(), Shape.broadcast(inputs.get(0).shape(), shape)));
    }
}
