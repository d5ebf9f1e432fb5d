package io.conv4j.layer;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.TensorType;
import java.util.List;

/** The same numbers in another type; fractions are cut towards 0, bool is whether the number is not 0. */
public record Cast(DataType type) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        return List.of(new TensorType(type, inputs.get(0).shape()));
    }
}
