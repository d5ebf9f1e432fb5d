package io.conv4j.layer;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Elements of src picked one by one: dst has the shape of the indices, and an element of it is that of src at the same
 * place on all axes but one, where an s64 or s32 index says the place; negative ones count from the end (ONNX
 * GatherElements).
 *
 * @param axis the axis that indices run along; negative counts from the end
 */
public record GatherElements(int axis) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 2);
        TensorType indices = inputs.get(1);
        Inputs.indices(this, indices);
        Shape src = inputs.get(0).shape();
        Shape dst = indices.shape();
        int along = src.axis(axis);
        boolean inside = src.rank() == dst.rank();
        for (int i = 0; i < src.rank() && inside; i++) {
            inside = i == along || dst.extent(i) <= src.extent(i);
        }
        if (!inside) {
            throw Inputs.failure(
                    this, "indices [" + dst + "] go beyond src [" + src + "] on another axis than " + along);
        }
        return List.of(new TensorType(inputs.get(0).type(), dst));
    }
}
