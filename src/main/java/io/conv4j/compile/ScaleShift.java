package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * x becomes scale · x + shift, with numbers per channel, in double: what can be folded into the weights and bias of the
 * layer that makes x.
 *
 * @param scale per output channel
 * @param shift per output channel
 */
@SuppressWarnings("ArrayRecordComponent") // lives within one pass; nobody compares it
record ScaleShift(double[] scale, double[] shift) {
    /** Weights that many layers share are copied for each of them up to this; a small file must not ask for much memory. */
    private static final long MOST_COPIED_BYTES = 64L << 20;

    /** Weights that are not in memory yet are not read to see whether products get out of range by factors up to this. */
    private static final double SAFE = 0x1p20;

    /**
     * Lets a layer of weights, or a normalisation, compute its own result scaled and shifted, in place of the node that does
     * so. Nothing is done if that node is not the only one that sees the result, if what is to be changed is not constant, or
     * if numbers get out of range.
     *
     * @param node the node shown, whose output has the type of {@code value}
     * @param value its input that may be made by such a layer
     */
    void foldInto(Rewriting graph, Node node, Value value) {
        if (!folds(graph, node, value)) {
            return;
        }
        Node product = Objects.requireNonNull(graph.producer(value));
        if (product.layer() instanceof BatchNormalization) {
            foldIntoNormalization(graph, node, product);
        } else {
            foldIntoWeights(graph, node, product);
        }
    }

    /** Whether a layer makes the value into which something may be folded, as far as can be seen without the numbers. */
    static boolean folds(Rewriting graph, Node node, Value value) {
        Node product = graph.producer(value);
        return product != null
                && (product.layer() instanceof BatchNormalization || hasWeights(product.layer()))
                && graph.isPrivate(value)
                && value.dataType() == DataType.F32
                && value.type().equals(node.output().type());
    }

    private void foldIntoNormalization(Rewriting graph, Node node, Node normalization) {
        List<Value> inputs = new ArrayList<>(normalization.inputs());
        Tensor oldScale = graph.constant(inputs.get(1));
        Tensor oldBias = graph.constant(inputs.get(2));
        Tensor newScale = oldScale == null ? null : new ScaleShift(scale, new double[scale.length]).shifted(oldScale);
        Tensor newBias = oldBias == null ? null : shifted(oldBias);
        if (newScale == null || newBias == null) {
            return;
        }
        inputs.set(1, graph.constant(inputs.get(1).name(), newScale));
        inputs.set(2, graph.constant(inputs.get(2).name(), newBias));
        graph.replace(node, normalization.name(), normalization.layer(), inputs);
    }

    private void foldIntoWeights(Rewriting graph, Node node, Node product) {
        Value weights = product.inputs().get(1);
        Value bias = product.inputs().size() == 3 ? product.inputs().get(2) : null;
        Tensor oldWeights = graph.constant(weights);
        Tensor oldBias = bias == null ? null : graph.constant(bias);
        if (oldWeights == null || bias != null && oldBias == null) {
            return;
        }
        boolean scales = false;
        for (double factor : scale) {
            scales |= factor != 1;
        }
        if (scales
                && graph.uses(weights) > 1
                && graph.uses(weights) * weights.type().bytes() > MOST_COPIED_BYTES) {
            return;
        }
        Tensor newWeights = scales ? scaled(product.layer(), oldWeights) : oldWeights;
        Tensor newBias = shifted(oldBias);
        if (newWeights == null || newBias == null) {
            return;
        }
        Value scaledWeights = scales ? graph.constant(weights.name(), newWeights) : weights;
        String name = bias == null ? product.name() + ".bias" : bias.name();
        Value src = product.inputs().get(0);
        graph.replace(
                node, product.name(), product.layer(), List.of(src, scaledWeights, graph.constant(name, newBias)));
    }

    /** Whether the layer multiplies by weights, its second input, and adds a bias, its third. */
    private static boolean hasWeights(Layer layer) {
        return layer instanceof Convolution || layer instanceof TransposedConvolution || layer instanceof Dense;
    }

    /** Numbers per channel, scaled and shifted; null if one gets out of range. */
    private @Nullable Tensor shifted(@Nullable Tensor bias) {
        float[] shifted = new float[shift.length];
        for (int channel = 0; channel < shifted.length; channel++) {
            double before = bias == null ? 0 : bias.get(channel);
            shifted[channel] = (float) (before * scale[channel] + shift[channel]);
            if (!Float.isFinite(shifted[channel])) {
                return null;
            }
        }
        return Tensor.of(Shape.of(shifted.length), shifted);
    }

    private @Nullable Tensor scaled(Layer layer, Tensor weights) {
        boolean transposed = layer instanceof TransposedConvolution;
        int rows = weights.shape().extent(0) * (transposed ? weights.shape().extent(1) : 1);
        ScaledWeights scaled = new ScaledWeights(
                weights, factors(layer, weights.shape()), weights.shape().elements() / rows);
        boolean safe = true;
        for (double factor : scale) {
            safe &= Math.abs(factor) <= SAFE;
        }
        if (weights.isDeferred() && safe) {
            return Tensor.deferred(weights.type(), scaled);
        }
        Tensor result = Tensor.zeros(weights.type());
        return scaled.multiplyInto(result.bytes()) ? result : null;
    }

    /** The factor of each run of elements that lie side by side and belong to one output channel, until they come again. */
    private double[] factors(Layer layer, Shape weights) {
        if (!(layer instanceof TransposedConvolution transposed) || transposed.groups() == 1) {
            return scale;
        }
        int inputsPerGroup = weights.extent(0) / transposed.groups();
        double[] rows = new double[weights.extent(0) * weights.extent(1)];
        for (int row = 0; row < rows.length; row++) {
            int group = row / weights.extent(1) / inputsPerGroup;
            rows[row] = scale[group * weights.extent(1) + row % weights.extent(1)];
        }
        return rows;
    }
}
