package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Reads src [N, C, spatial…] at positions that another tensor names: grid [N, out…, axes], whose last axis holds one number
 * per spatial axis of src, <em>innermost first</em> (x, y, z), from −1 at the start of src to 1 at its end; dst is
 * [N, C, out…]. One, two or three spatial axes; src and grid are of one floating type.
 *
 * <p>As ONNX GridSample and PyTorch {@code grid_sample} have it: src goes on without end as {@link Outside} says, and is
 * interpolated there as inside. A position that is not a number is taken for one far before the start, and positions more
 * than 2⁴⁰ elements away for ones that are 2⁴⁰ away.
 *
 * @param interpolation how values between elements are found; the cubic kernel is Keys' with a = −0.75
 * @param outside what lies around src
 * @param alignCorners whether −1 and 1 are the centres of the first and the last element; else their outer edges
 */
public record GridSample(Resize.Interpolation interpolation, Outside outside, boolean alignCorners) implements Layer {
    private static final double FARTHEST = 1L << 40;
    private static final double CUBIC_COEFFICIENT = -0.75;

    /** What lies around src. */
    public enum Outside {
        /** Zeros. */
        ZEROS,
        /** The nearest element on the border. */
        BORDER,
        /**
         * src mirrored over and over: at the centres of its first and last element where corners are aligned, else at their
         * outer edges.
         */
        REFLECTION
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 2);
        Inputs.sameType(this, inputs);
        Inputs.floating(this, inputs.get(0));
        Shape src = inputs.get(0).shape();
        Shape grid = inputs.get(1).shape();
        int axes = src.rank() - 2;
        if (axes < 1 || axes > 3) {
            throw failure(this, "src " + src + " should have N, C and 1 to 3 spatial axes");
        }
        if (grid.rank() != src.rank() || grid.extent(0) != src.extent(0) || grid.extent(-1) != axes) {
            throw failure(
                    this,
                    "grid " + grid + " should be [" + src.extent(0) + ", " + axes + " output extents, " + axes
                            + "] for src " + src);
        }
        Shape dst = src;
        for (int i = 0; i < axes; i++) {
            if (src.extent(i + 2) == 0) {
                throw failure(this, "src " + src + " has nothing to read");
            }
            dst = dst.with(i + 2, grid.extent(i + 1));
        }
        return List.of(new TensorType(inputs.get(0).type(), dst));
    }

    /** How many neighbours along an axis a value is made of. */
    public int taps() {
        return switch (interpolation) {
            case NEAREST -> 1;
            case LINEAR -> 2;
            case CUBIC -> 4;
        };
    }

    /** The position in elements that a number of the grid stands for along an axis, always finite. */
    public double position(double number, int extent) {
        double position = alignCorners ? (number + 1) / 2 * (extent - 1) : ((number + 1) * extent - 1) / 2;
        return Double.isNaN(position) ? -FARTHEST : Math.max(-FARTHEST, Math.min(FARTHEST, position));
    }

    /** The first of the neighbours that a value at a position is made of; may lie outside. */
    public long firstTap(double position) {
        return switch (interpolation) {
            case NEAREST -> (long) Math.rint(position);
            case LINEAR -> (long) Math.floor(position);
            case CUBIC -> (long) Math.floor(position) - 1;
        };
    }

    /** Writes the weights of the {@link #taps} neighbours from the first on. */
    public void weights(double position, double[] into) {
        double t = position - Math.floor(position);
        switch (interpolation) {
            case NEAREST -> into[0] = 1;
            case LINEAR -> {
                into[0] = 1 - t;
                into[1] = t;
            }
            case CUBIC -> Resize.cubicWeights(CUBIC_COEFFICIENT, t, into);
        }
    }

    /** The element of src that a neighbour is, between 0 and the extent; −1 if it is a zero around src. */
    public int element(long tap, int extent) {
        if (tap >= 0 && tap < extent) {
            return (int) tap;
        }
        return switch (outside) {
            case ZEROS -> -1;
            case BORDER -> tap < 0 ? 0 : extent - 1;
            case REFLECTION -> {
                long period = alignCorners ? 2L * extent - 2 : 2L * extent;
                long phase = period == 0 ? 0 : Math.floorMod(tap, period);
                long mirrored = alignCorners ? period - phase : period - 1 - phase;
                yield (int) (phase < extent ? phase : mirrored);
            }
        };
    }
}
