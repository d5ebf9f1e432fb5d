package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Slice;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;

/** Tells values that cannot be negative, by looking back at what makes them. */
final class NonNegative {
    /** How far is looked back; concatenations of concatenations could take long otherwise. */
    private static final int DEPTH = 8;

    private NonNegative() {}

    /** Whether no element of the value is below 0; false if that is not known. */
    static boolean holds(Rewriting graph, Value value) {
        return holds(graph, value, DEPTH);
    }

    private static boolean holds(Rewriting graph, Value value, int depth) {
        Node producer = graph.producer(value);
        if (producer == null || depth == 0) {
            return false;
        }
        Layer layer = producer.layer();
        if (layer instanceof Activation activation) {
            return switch (activation.kind()) {
                case RELU, SIGMOID, HARD_SIGMOID, EXP, SQRT, ABS, SOFTPLUS -> true;
                case CLIP -> activation.alpha() >= 0;
                default -> false;
            };
        }
        if (layer instanceof Softmax softmax) {
            return !softmax.logarithm();
        }
        boolean keeps = layer instanceof Pooling
                || layer instanceof Concat
                || layer instanceof Reshape
                || layer instanceof Transpose
                || layer instanceof Slice
                || layer instanceof DepthToSpace
                || layer instanceof SpaceToDepth;
        for (int i = 0; keeps && i < producer.inputs().size(); i++) {
            keeps = holds(graph, producer.inputs().get(i), depth - 1);
        }
        return keeps;
    }
}
