package io.conv4j.layer;

import io.conv4j.layer.Resize.Interpolation;
import io.conv4j.layer.Resize.Neighbours;

/**
 * The filter of a resize with antialiasing along one axis: a triangle, or Keys' cubic kernel, stretched so far that no input
 * element is left out where the axis gets shorter (ONNX Resize, antialias).
 *
 * @param interpolation the filter; NEAREST has none
 * @param scale output over input extent
 * @param cubicCoefficient the a of Keys' kernel
 */
record ResizeFilter(Interpolation interpolation, double scale, float cubicCoefficient) {
    /** Beyond this no element but the one at the border is seen, and a long still counts exactly. */
    private static final double FARTHEST = 0x1p40;

    /** Distances are multiplied by this before they go into the filter. */
    private double stretch() {
        return Math.min(1, scale);
    }

    /** How far from a position the filter is not 0, in input elements. */
    double reach() {
        return switch (interpolation) {
            case NEAREST -> 0;
            case LINEAR -> 1 / stretch();
            case CUBIC -> 2 / stretch();
        };
    }

    /** The elements about a position; those outside stand for those at the border, or are excluded. */
    Neighbours neighbours(double wanted, int input, boolean excludeOutside) {
        double position = Math.max(-FARTHEST, Math.min(FARTHEST, wanted));
        long first = (long) Math.floor(position - reach()) + 1;
        long last = (long) Math.ceil(position + reach()) - 1;
        int from = inside(first, input);
        double[] weights = new double[inside(last, input) - from + 1];
        double sum = 0;
        for (long element = first; element <= last; element++) {
            int index = inside(element, input);
            if (index == element || !excludeOutside) {
                double weight = weight(Math.abs(element - position) * stretch());
                weights[index - from] += weight;
                sum += weight;
            }
        }
        for (int i = 0; i < weights.length; i++) {
            // A region may lie so far outside that all are excluded.
            weights[i] = sum == 0 ? 1.0 / weights.length : weights[i] / sum;
        }
        return new Neighbours(from, weights);
    }

    private static int inside(long element, int input) {
        return (int) Math.max(0, Math.min(input - 1, element));
    }

    private double weight(double distance) {
        if (interpolation == Interpolation.LINEAR) {
            return Math.max(0, 1 - distance);
        }
        double a = cubicCoefficient;
        if (distance <= 1) {
            return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
        }
        return distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0;
    }
}
