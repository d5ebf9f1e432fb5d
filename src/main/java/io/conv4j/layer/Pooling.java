package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Maximum or average over windows of src [N, C, spatial…]; global pooling is a window as large as the input.
 *
 * @param kind what is taken of a window
 * @param window the window; padding never counts as a maximum
 * @param ceilMode whether output extents round up instead of down
 */
public record Pooling(Kind kind, Window window, boolean ceilMode) implements Layer {
    /** What is taken of a window. */
    public enum Kind {
        /** The largest element. */
        MAX,
        /** The sum over the window, divided by the taps inside the input and its padding (not beyond, in ceil mode). */
        AVERAGE_INCLUDE_PADDING,
        /** The sum over the window, divided by the taps inside the input. */
        AVERAGE_EXCLUDE_PADDING
    }

    /** A pooling that rounds down. */
    public Pooling(Kind kind, Window window) {
        this(kind, window, false);
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        TensorType src = inputs.get(0);
        Shape shape = Inputs.spatial(this, src, window.rank());
        if (kind != Kind.MAX && !src.type().floating()) {
            throw failure(this, "averages f32 or bf16, got " + src);
        }
        for (Axis axis : window.axes()) {
            if (Math.max(axis.padBefore(), axis.padAfter()) >= axis.effectiveKernel()) {
                throw failure(this, "a window would lie in the padding alone: " + axis);
            }
        }
        return List.of(new TensorType(
                src.type(),
                ceilMode
                        ? window.outputShapeCeil(shape, shape.extent(1))
                        : window.outputShape(shape, shape.extent(1))));
    }
}
