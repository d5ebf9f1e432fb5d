package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Normalisation across neighbouring channels: dst = src / (bias + alpha/size · Σ src²)^beta, the sum over the channels from
 * c − ⌊(size−1)/2⌋ to c + ⌈(size−1)/2⌉ (Krizhevsky et al. 2012; ONNX LRN).
 *
 * @param size channels in the sum, at least 1
 */
public record LocalResponseNormalization(int size, float alpha, float beta, float bias) implements Layer {
    /** Checks the size. */
    public LocalResponseNormalization {
        if (size < 1) {
            throw new Conv4jException("size should be at least 1, got " + size);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Inputs.floating(this, inputs.get(0));
        if (inputs.get(0).shape().rank() < 2) {
            throw Inputs.failure(this, "src " + inputs.get(0) + " should have axes N and C");
        }
        return List.of(inputs.get(0));
    }
}
