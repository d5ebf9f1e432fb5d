package io.conv4j.golden;

import io.conv4j.tensor.Tensor;
import java.util.Map;
import java.util.Objects;

/**
 * How far a result is from what is wanted, over all elements.
 *
 * @param element where it is farthest off, row-major; −1 if the tensors are empty
 * @param largest the largest |got − want|; infinite where only one is finite
 * @param normalised Σ(got − want)² / Σwant²
 * @param scale the largest |want|
 * @param nonFinite elements of got that are not finite although those wanted are
 * @param zeros share of zeros in got
 * @param wantedZeros share of zeros in want
 */
public record Difference(
        int element, double largest, double normalised, double scale, int nonFinite, double zeros, double wantedZeros) {
    private static final double ZEROS_TOO_MANY = 0.3;

    /** Compares two tensors of one type and shape. */
    public static Difference between(Tensor got, Tensor want) {
        if (!got.type().equals(want.type())) {
            throw new AssertionError("got " + got.type() + ", wanted " + want.type());
        }
        int elements = want.shape().elements();
        int element = -1;
        double largest = 0;
        double scale = 0;
        double squaredError = 0;
        double squaredWant = 0;
        int nonFinite = 0;
        int[] zeros = new int[2];
        for (int i = 0; i < elements; i++) {
            double a = got.get(i);
            double b = want.get(i);
            double error = a == b ? 0 : Double.isFinite(a - b) ? Math.abs(a - b) : Double.POSITIVE_INFINITY;
            if (element < 0 || error > largest) {
                element = i;
                largest = error;
            }
            scale = Math.max(scale, Math.abs(b));
            squaredError += error * error;
            squaredWant += b * b;
            nonFinite += Double.isFinite(b) && !Double.isFinite(a) ? 1 : 0;
            zeros[0] += a == 0 ? 1 : 0;
            zeros[1] += b == 0 ? 1 : 0;
        }
        double normalised = squaredError == 0 ? 0 : squaredError / squaredWant;
        double count = Math.max(1, elements);
        return new Difference(element, largest, normalised, scale, nonFinite, zeros[0] / count, zeros[1] / count);
    }

    /** Fails if any element is farther off than this, or the result is not to be trusted. */
    public void requireWithin(double tolerance, String what) {
        requireTrustworthy(what);
        if (!(largest <= tolerance)) {
            throw new AssertionError(what + ": off by more than " + tolerance + ": " + this);
        }
    }

    /** Fails if the normalised error is above this, or the result is not to be trusted. */
    public void requireNormalised(double limit, String what) {
        requireTrustworthy(what);
        if (!(normalised <= limit)) {
            throw new AssertionError(what + ": normalised error above " + limit + ": " + this);
        }
    }

    private void requireTrustworthy(String what) {
        if (nonFinite > 0 || zeros > wantedZeros + ZEROS_TOO_MANY) {
            throw new AssertionError(what + ": numbers that are not finite, or zeros where none are wanted: " + this);
        }
    }

    /** Fails unless the same names lead to results within {@code limit}, {@link #normalised}. */
    public static void requireNormalised(Map<String, Tensor> got, Map<String, Tensor> want, double limit, String what) {
        if (!got.keySet().equals(want.keySet()) || want.isEmpty()) {
            throw new AssertionError(what + ": got outputs " + got.keySet() + ", wanted " + want.keySet());
        }
        want.forEach((name, tensor) -> between(Objects.requireNonNull(got.get(name)), tensor)
                .requireNormalised(limit, what + ", output " + name));
    }
}
