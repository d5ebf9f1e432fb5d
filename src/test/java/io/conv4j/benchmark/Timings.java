package io.conv4j.benchmark;

import java.util.Arrays;

/**
 * How long runs took, in milliseconds: the median, the times that a tenth of the runs stayed
 * below and above, and the one that a hundredth stayed above.
 *
 * @param runs how many were timed
 * @param fastest the shortest
 */
record Timings(int runs, double fastest, double median, double p10, double p90, double p99) {
    static Timings of(long[] nanoseconds) {
        long[] sorted = nanoseconds.clone();
        Arrays.sort(sorted);
        return new Timings(
                sorted.length,
                quantile(sorted, 0),
                quantile(sorted, 0.5),
                quantile(sorted, 0.1),
                quantile(sorted, 0.9),
                quantile(sorted, 0.99));
    }

    /** Linear between the neighbouring order statistics. */
    private static double quantile(long[] sorted, double share) {
        double position = share * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return (sorted[below] + (position - below) * (sorted[above] - sorted[below])) / 1e6;
    }
}
