package io.conv4j.validate;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Tensor;

/**
 * How far one tensor is from another, over all elements. Two equal infinities, or two NaN, are no difference; a value that
 * is finite on one side only is infinitely far off.
 *
 * @param largestAbsolute the largest |got − want|
 * @param largestRelative the largest |got − want| ÷ |want| among elements with |want| ≥ {@value #SMALL} · max|want|, as
 *     quotients near 0 say nothing
 * @param normalised NMSE: Σ(got − want)² ÷ Σwant²; infinite if all wanted are 0 and not all got are
 * @param worst where |got − want| is largest, row-major; −1 if the tensors have no elements
 * @param nonFinite elements of got that are NaN or infinite where those wanted are finite
 * @param zeros share of zeros in got
 * @param wantedZeros share of zeros in want
 */
public record Difference(
        double largestAbsolute,
        double largestRelative,
        double normalised,
        int worst,
        int nonFinite,
        double zeros,
        double wantedZeros) {
    private static final double SMALL = 1e-3;

    /**
     * Compares two tensors of one type and shape.
     *
     * @throws Conv4jException if types or shapes differ
     */
    public static Difference between(Tensor got, Tensor want) {
        if (!got.type().equals(want.type())) {
            throw new Conv4jException("cannot compare " + got.type() + " with " + want.type());
        }
        Sums sums = new Sums();
        int elements = want.shape().elements();
        for (int i = 0; i < elements; i++) {
            sums.add(i, got.get(i), want.get(i));
        }
        double count = Math.max(1, elements);
        return new Difference(
                sums.largest,
                sums.largestRelative(got, want),
                sums.squaredError == 0 ? 0 : sums.squaredError / sums.squaredWant,
                sums.worst,
                sums.nonFinite,
                sums.zeros / count,
                sums.wantedZeros / count);
    }

    /** |got − want|; infinite where only one is finite or both are infinite with different signs. */
    private static double error(double got, double want) {
        if (got == want || Double.isNaN(got) && Double.isNaN(want)) {
            return 0;
        }
        double error = Math.abs(got - want);
        return Double.isFinite(error) ? error : Double.POSITIVE_INFINITY;
    }

    /** What is gathered in one pass. */
    private static final class Sums {
        private double largest;
        private double largestWant;
        private double squaredError;
        private double squaredWant;
        private int worst = -1;
        private int nonFinite;
        private int zeros;
        private int wantedZeros;

        void add(int index, double got, double want) {
            double error = error(got, want);
            if (worst < 0 || error > largest) {
                worst = index;
                largest = error;
            }
            squaredError += error * error;
            if (Double.isFinite(want)) {
                squaredWant += want * want;
                largestWant = Math.max(largestWant, Math.abs(want));
                nonFinite += Double.isFinite(got) ? 0 : 1;
            }
            zeros += got == 0 ? 1 : 0;
            wantedZeros += want == 0 ? 1 : 0;
        }

        double largestRelative(Tensor got, Tensor want) {
            if (largest == 0) {
                return 0;
            }
            double floor = SMALL * largestWant;
            double relative = 0;
            for (int i = 0; i < want.shape().elements(); i++) {
                double wanted = want.get(i);
                if (Math.abs(wanted) >= floor && wanted != 0) {
                    double error = error(got.get(i), wanted);
                    // Infinite against finite is ∞ ÷ ∞ otherwise.
                    relative = Math.max(relative, Double.isInfinite(error) ? error : error / Math.abs(wanted));
                }
            }
            return relative;
        }
    }
}
