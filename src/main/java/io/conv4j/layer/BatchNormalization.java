package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Normalisation by stored statistics: src [N, C, …], scale, bias, mean and variance, each [C]; dst = scale · (src − mean) /
 * √(variance + epsilon) + bias (Ioffe and Szegedy 2015, at inference).
 *
 * @param epsilon added to the variance, at least 0
 */
public record BatchNormalization(float epsilon) implements Layer {
    /** Checks epsilon. */
    public BatchNormalization {
        if (!(epsilon >= 0)) {
            throw new Conv4jException("epsilon should be at least 0, got " + epsilon);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 5, 5);
        Inputs.sameType(this, inputs);
        Inputs.floating(this, inputs.get(0));
        TensorType src = inputs.get(0);
        if (src.shape().rank() < 2) {
            throw Inputs.failure(this, "src " + src.shape() + " should have axes N and C at least");
        }
        List<String> names = List.of("scale", "bias", "mean", "variance");
        for (int i = 0; i < names.size(); i++) {
            Inputs.perChannel(this, names.get(i), inputs.get(i + 1), src.shape().extent(1));
        }
        return List.of(src);
    }
}
