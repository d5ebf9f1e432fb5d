package io.conv4j.cli;

import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A tensor in few numbers; those that are not finite are left out of them and counted.
 *
 * @param min the smallest; NaN if there is none
 * @param max the largest; NaN if there is none
 * @param mean the mean; NaN if there is none
 * @param nonFinite how many are NaN or infinite
 * @param firstNonFinite where the first of these is, row-major; -1 if there is none
 */
record Summary(double min, double max, double mean, int nonFinite, int firstNonFinite) {
    private static final int TOP = 5;

    static Summary of(Tensor tensor) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        int nonFinite = 0;
        int firstNonFinite = -1;
        int elements = tensor.shape().elements();
        for (int i = 0; i < elements; i++) {
            double value = tensor.get(i);
            if (!Double.isFinite(value)) {
                firstNonFinite = nonFinite == 0 ? i : firstNonFinite;
                nonFinite++;
                continue;
            }
            min = Math.min(min, value);
            max = Math.max(max, value);
            sum += value;
        }
        int finite = elements - nonFinite;
        return finite == 0
                ? new Summary(Double.NaN, Double.NaN, Double.NaN, nonFinite, firstNonFinite)
                : new Summary(min, max, sum / finite, nonFinite, firstNonFinite);
    }

    /** The largest elements of a vector, best first, index to value; empty if the tensor is no vector. */
    static Map<Integer, Double> top(Tensor tensor) {
        long wide = Arrays.stream(tensor.shape().extents()).filter(e -> e > 1).count();
        if (wide != 1 || !tensor.dataType().floating()) {
            return Map.of();
        }
        List<Integer> best = IntStream.range(0, tensor.shape().elements())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -tensor.get(i)))
                .limit(TOP)
                .toList();
        Map<Integer, Double> top = new LinkedHashMap<>();
        best.forEach(i -> top.put(i, tensor.get(i)));
        return top;
    }
}
