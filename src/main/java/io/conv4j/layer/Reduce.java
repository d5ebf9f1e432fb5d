package io.conv4j.layer;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * One number for all elements along some axes.
 *
 * @param kind how they are combined
 * @param axes the axes that vanish, each at least 0, ascending
 * @param keepAxes whether they stay with extent 1
 */
public record Reduce(Kind kind, List<Integer> axes, boolean keepAxes) implements Layer {
    /** How elements are combined. */
    public enum Kind {
        /** Σx. */
        SUM,
        /** Σx / n. */
        MEAN,
        /** The largest. */
        MAX,
        /** The smallest. */
        MIN,
        /** Πx. */
        PRODUCT,
        /** Σ|x|. */
        L1,
        /** √Σx². */
        L2,
        /** Σx². */
        SUM_OF_SQUARES,
        /** ln Σx. */
        LOG_SUM,
        /** ln Σeˣ. */
        LOG_SUM_EXP
    }

    /** Sorts the axes. */
    public Reduce {
        axes = axes.stream().sorted().distinct().toList();
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        Shape kept = src;
        for (int axis : axes) {
            if (axis < 0 || axis >= src.rank()) {
                throw Inputs.failure(this, "axis " + axis + " is not in " + src);
            }
            kept = kept.with(axis, 1);
        }
        if (keepAxes) {
            return List.of(new TensorType(inputs.get(0).type(), kept));
        }
        Shape all = kept;
        List<Integer> left = java.util.stream.IntStream.range(0, src.rank())
                .filter(axis -> !axes.contains(axis))
                .mapToObj(all::extent)
                .toList();
        return List.of(new TensorType(inputs.get(0).type(), Shape.of(left)));
    }
}
