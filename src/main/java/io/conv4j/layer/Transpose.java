package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Axes in another order.
 *
 * @param permutation for each output axis, the input axis it was
 */
public record Transpose(List<Integer> permutation) implements Layer {
    /** Checks that it is a permutation. */
    public Transpose {
        permutation = List.copyOf(permutation);
        if (!permutation.stream()
                .sorted()
                .toList()
                .equals(IntStream.range(0, permutation.size()).boxed().toList())) {
            throw new Conv4jException(permutation + " is not a permutation");
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        if (src.rank() != permutation.size()) {
            throw Inputs.failure(this, permutation + " does not have the axes of " + src);
        }
        return List.of(new TensorType(
                inputs.get(0).type(),
                Shape.of(permutation.stream().map(src::extent).toList())));
    }
}
