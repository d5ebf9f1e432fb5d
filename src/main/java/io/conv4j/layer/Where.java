package io.conv4j.layer;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/** Inputs condition (bool), a and b: a where the condition holds, else b; all broadcast. */
public record Where() implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 3, 3);
        if (inputs.get(0).type() != DataType.BOOL) {
            throw Inputs.failure(this, "condition should be bool, got " + inputs.get(0));
        }
        Inputs.sameType(this, inputs.subList(1, 3));
        Shape choices = Shape.broadcast(inputs.get(1).shape(), inputs.get(2).shape());
        return List.of(new TensorType(
                inputs.get(1).type(), Shape.broadcast(inputs.get(0).shape(), choices)));
    }
}
