package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * Resampling to another extent on any axes (ONNX Resize).
 *
 * @param interpolation how values between elements are found
 * @param coordinates which input position an output element stands for
 * @param rounding which element {@link Interpolation#NEAREST} takes
 * @param scales output over input extent per axis, as stated by the model: positions are computed from these, not from the
 *     extents
 * @param extents output extents
 * @param cubicCoefficient the a of Keys' cubic kernel, usually −0.75
 * @param excludeOutside whether cubic weights of elements outside are 0 and the rest renormalised
 * @param extrapolationValue the value outside for {@link Coordinates#CROP_AND_RESIZE}
 * @param cropStart for {@link Coordinates#CROP_AND_RESIZE}, the start of the region per axis, 0 to 1; else empty
 * @param cropEnd likewise the end
 * @param antialias whether the filter of LINEAR and CUBIC is stretched on axes that get shorter, so that every input element
 *     counts
 */
public record Resize(
        Interpolation interpolation,
        Coordinates coordinates,
        Rounding rounding,
        List<Double> scales,
        List<Integer> extents,
        float cubicCoefficient,
        boolean excludeOutside,
        float extrapolationValue,
        List<Double> cropStart,
        List<Double> cropEnd,
        boolean antialias)
        implements Layer {
    /** Weights that a stretched filter may have along an axis, for all output elements. */
    private static final double MOST_WEIGHTS = 1 << 24;

    /** How values between elements are found. */
    public enum Interpolation {
        /** One element is taken. */
        NEAREST,
        /** Linear on each axis. */
        LINEAR,
        /** Keys' cubic convolution on each axis. */
        CUBIC
    }

    /** Which input position x output element y stands for; s is the scale, i and o the extents. */
    public enum Coordinates {
        /** x = (y + ½)/s − ½. */
        HALF_PIXEL,
        /** The same about the exact centre when s·i is not whole. */
        HALF_PIXEL_SYMMETRIC,
        /** The same, but 0 when o = 1. */
        PYTORCH_HALF_PIXEL,
        /** x = y(i−1)/(s·i−1), which is y(i−1)/(o−1) where s·i is whole. */
        ALIGN_CORNERS,
        /** x = y/s. */
        ASYMMETRIC,
        /** x = (y + ½)/s (opset 10's Resize never had it; kept for files that do). */
        TF_HALF_PIXEL_FOR_NN,
        /** x runs over a region of the input. */
        CROP_AND_RESIZE
    }

    /** Which element NEAREST takes. */
    public enum Rounding {
        /** ⌈x − ½⌉. */
        ROUND_PREFER_FLOOR,
        /** ⌊x + ½⌋. */
        ROUND_PREFER_CEIL,
        /** ⌊x⌋. */
        FLOOR,
        /** ⌈x⌉. */
        CEIL
    }

    /** Checks lengths and scales. */
    public Resize {
        scales = List.copyOf(scales);
        extents = List.copyOf(extents);
        cropStart = List.copyOf(cropStart);
        cropEnd = List.copyOf(cropEnd);
        int crop = coordinates == Coordinates.CROP_AND_RESIZE ? extents.size() : 0;
        if (scales.size() != extents.size()
                || cropStart.size() != crop
                || cropEnd.size() != crop
                || !scales.stream().allMatch(s -> s > 0 && s < Double.POSITIVE_INFINITY)) {
            throw new Conv4jException("Resize needs a positive scale and an extent per axis, and a region for"
                    + " CROP_AND_RESIZE only; got scales " + scales + ", extents " + extents);
        }
        for (int axis = 0; axis < extents.size() && antialias; axis++) {
            double reach = new ResizeFilter(interpolation, scales.get(axis), cubicCoefficient).reach();
            if (2 * reach * extents.get(axis) > MOST_WEIGHTS) {
                throw new Conv4jException("Resize to " + extents.get(axis) + " elements by " + scales.get(axis)
                        + " takes more than " + (long) MOST_WEIGHTS + " weights when antialiased");
            }
        }
    }

    /** A resize without antialiasing. */
    public Resize(
            Interpolation interpolation,
            Coordinates coordinates,
            Rounding rounding,
            List<Double> scales,
            List<Integer> extents,
            float cubicCoefficient,
            boolean excludeOutside,
            float extrapolationValue,
            List<Double> cropStart,
            List<Double> cropEnd) {
        this(
                interpolation,
                coordinates,
                rounding,
                scales,
                extents,
                cubicCoefficient,
                excludeOutside,
                extrapolationValue,
                cropStart,
                cropEnd,
                false);
    }

    /** A resize by whole factors, one per axis, as upsampling layers do. */
    public static Resize upsample(Interpolation interpolation, Shape src, List<Integer> factors) {
        long[] extents = src.toLongs();
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] *= factors.get(axis);
        }
        return new Resize(
                interpolation,
                interpolation == Interpolation.NEAREST ? Coordinates.ASYMMETRIC : Coordinates.HALF_PIXEL,
                Rounding.FLOOR,
                factors.stream().map(Integer::doubleValue).toList(),
                Arrays.stream(Shape.ofLongs(extents).extents()).boxed().toList(),
                -0.75f,
                false,
                0,
                List.of(),
                List.of());
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = inputs.get(0).shape();
        if (src.rank() != extents.size()) {
            throw Inputs.failure(this, "extents " + extents + " do not have the axes of " + src);
        }
        if (src.elements() == 0) {
            throw Inputs.failure(this, "src " + src + " is empty");
        }
        return List.of(new TensorType(inputs.get(0).type(), Shape.of(extents)));
    }

    /** The input position that output element {@code y} of an axis stands for. */
    public double position(int axis, int input, int y) {
        double scale = scales.get(axis);
        int output = extents.get(axis);
        return switch (coordinates) {
            case HALF_PIXEL -> (y + 0.5) / scale - 0.5;
            case HALF_PIXEL_SYMMETRIC -> {
                double adjustment = output / (scale * input);
                double offset = input / 2.0 * (1 - adjustment);
                yield offset + (y + 0.5) / scale - 0.5;
            }
            case PYTORCH_HALF_PIXEL -> output > 1 ? (y + 0.5) / scale - 0.5 : 0;
            case ALIGN_CORNERS -> output > 1 ? y * (input - 1) / (scale * input - 1) : 0;
            case ASYMMETRIC -> y / scale;
            case TF_HALF_PIXEL_FOR_NN -> (y + 0.5) / scale;
            case CROP_AND_RESIZE -> {
                double start = cropStart.get(axis) * (input - 1);
                double span = (cropEnd.get(axis) - cropStart.get(axis)) * (input - 1);
                yield output > 1
                        ? start + y * span / (output - 1)
                        : 0.5 * (cropStart.get(axis) + cropEnd.get(axis)) * (input - 1);
            }
        };
    }

    /** The input element that {@link Interpolation#NEAREST} takes at a position; may lie outside the input by one. */
    public int nearest(double position) {
        return (int)
                switch (rounding) {
                    case ROUND_PREFER_FLOOR -> Math.ceil(position - 0.5);
                    case ROUND_PREFER_CEIL -> Math.floor(position + 0.5);
                    case FLOOR -> Math.floor(position);
                    case CEIL -> Math.ceil(position);
                };
    }

    /**
     * The weights of the four input elements about a position, from ⌊position⌋ − 1 on (Keys 1981, <i>Cubic convolution
     * interpolation for digital image processing</i>); elements outside count 0 where they are excluded.
     */
    public float[] cubicWeights(double position, int input) {
        int low = (int) Math.floor(position);
        double[] weights = new double[4];
        cubicWeights(cubicCoefficient, position - low, weights);
        double sum = 1;
        if (excludeOutside) {
            sum = 0;
            for (int tap = 0; tap < 4; tap++) {
                int index = low - 1 + tap;
                weights[tap] = index < 0 || index >= input ? 0 : weights[tap];
                sum += weights[tap];
            }
        }
        float[] result = new float[4];
        for (int tap = 0; tap < 4; tap++) {
            result[tap] = (float) (weights[tap] / sum);
        }
        return result;
    }

    /** Whether antialiasing does something on an axis: where it is shortened, by a filter that has a width. */
    public boolean filters(int axis) {
        return antialias && interpolation != Interpolation.NEAREST && scales.get(axis) < 1;
    }

    /**
     * Neighbouring input elements of one output element.
     *
     * @param first the first of them
     * @param weights theirs, in order
     */
    @SuppressWarnings("ArrayRecordComponent") // read in loops; nobody compares them
    public record Neighbours(int first, double[] weights) {}

    /**
     * The input elements within the filter about a position when antialiasing: its argument, the distance, is multiplied by
     * the scale where that is less than 1, and all weights are divided by their sum (ONNX Resize, antialias). Elements
     * outside stand for those at the border, or are excluded.
     */
    public Neighbours antialiased(int axis, double position, int input) {
        return new ResizeFilter(interpolation, scales.get(axis), cubicCoefficient)
                .neighbours(position, input, excludeOutside);
    }

    /** Keys' weights for a position t beyond the second of four elements, 0 ≤ t < 1. */
    static void cubicWeights(double a, double t, double[] into) {
        into[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
        into[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
        into[2] = ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1;
        into[3] = ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a;
    }
}
