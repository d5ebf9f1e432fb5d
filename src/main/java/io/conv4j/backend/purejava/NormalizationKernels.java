package io.conv4j.backend.purejava;

import io.conv4j.evaluate.Workers;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Softmax;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;

/** Layers that scale elements by what is known of, or found in, their neighbours. */
final class NormalizationKernels {
    private NormalizationKernels() {}

    /** Elements side by side after an axis. */
    private static int inner(Shape shape, int axis) {
        int inner = 1;
        for (int i = axis + 1; i < shape.rank(); i++) {
            inner *= shape.extent(i);
        }
        return inner;
    }

    static void batch(BatchNormalization layer, List<Tensor> sources, Destination dst, Workers workers) {
        Source src = new Source(sources.get(0));
        Source scale = new Source(sources.get(1));
        Source bias = new Source(sources.get(2));
        Source mean = new Source(sources.get(3));
        Source variance = new Source(sources.get(4));
        int channels = src.shape().extent(1);
        int plane = inner(src.shape(), 1);
        workers.forEach(src.shape().extent(0) * channels, plane, nc -> {
            int c = nc % channels;
            double factor = scale.get(c) / Math.sqrt(variance.get(c) + layer.epsilon());
            double[] values = src.read(nc * plane, plane);
            for (int i = 0; i < plane; i++) {
                values[i] = (values[i] - mean.get(c)) * factor + bias.get(c);
            }
            dst.write(nc * plane, values, plane);
        });
    }

    static void localResponse(LocalResponseNormalization layer, Tensor tensor, Destination dst, Workers workers) {
        Source src = new Source(tensor);
        int channels = src.shape().extent(1);
        int plane = inner(src.shape(), 1);
        int before = (layer.size() - 1) / 2;
        int after = layer.size() / 2;
        workers.forEach(src.shape().extent(0) * channels, plane * (layer.size() + 8L), nc -> {
            int c = nc % channels;
            double[] squares = new double[plane];
            for (int other = Math.max(0, c - before); other <= Math.min(channels - 1L, (long) c + after); other++) {
                double[] neighbours = src.read((nc - c + other) * plane, plane);
                for (int i = 0; i < plane; i++) {
                    squares[i] += neighbours[i] * neighbours[i];
                }
            }
            double[] values = src.read(nc * plane, plane);
            for (int i = 0; i < plane; i++) {
                double base = layer.bias() + (double) layer.alpha() / layer.size() * squares[i];
                values[i] /= Math.pow(base, layer.beta());
            }
            dst.write(nc * plane, values, plane);
        });
    }

    static void softmax(Softmax layer, Tensor tensor, Destination dst, Workers workers) {
        Source src = new Source(tensor);
        int axis = src.shape().axis(layer.axis());
        int extent = src.shape().extent(axis);
        int inner = inner(src.shape(), axis);
        int slab = extent * inner;
        if (slab == 0) {
            return;
        }
        workers.forEach(src.shape().elements() / slab, slab * 16L, outer -> {
            double[] values = src.read(outer * slab, slab);
            for (int i = 0; i < inner; i++) {
                softmax(layer.logarithm(), values, i, inner);
            }
            dst.write(outer * slab, values, slab);
        });
    }

    /** In place over the elements from {@code first} on, {@code stride} apart; their maximum goes out of the exponent. */
    private static void softmax(boolean logarithm, double[] values, int first, int stride) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = first; i < values.length; i += stride) {
            largest = Math.max(largest, values[i]);
        }
        double sum = 0;
        for (int i = first; i < values.length; i += stride) {
            sum += Math.exp(values[i] - largest);
        }
        for (int i = first; i < values.length; i += stride) {
            double shifted = values[i] - largest;
            values[i] = logarithm ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
        }
    }
}
