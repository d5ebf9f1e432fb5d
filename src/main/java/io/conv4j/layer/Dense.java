package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * A fully connected layer (inner product): src [N, K], weights [Cout, K] and, optionally, bias [Cout]; output [N, Cout] =
 * src · weightsᵀ + bias.
 */
public record Dense() implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 3);
        Inputs.sameType(this, inputs);
        Inputs.floating(this, inputs.get(0));
        Shape src = inputs.get(0).shape();
        Shape weights = inputs.get(1).shape();
        if (src.rank() != 2 || weights.rank() != 2 || src.extent(1) != weights.extent(1)) {
            throw failure(this, "src should be [N, K] and weights [Cout, K], got " + src + " and " + weights);
        }
        if (inputs.size() == 3) {
            Inputs.perChannel(this, "bias", inputs.get(2), weights.extent(0));
        }
        return List.of(new TensorType(inputs.get(0).type(), Shape.of(src.extent(0), weights.extent(0))));
    }
}
