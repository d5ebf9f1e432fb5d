package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Multiplies a convolution's weights by the gates of its source's channels, instead of the source: W·(g·x) = (W·g)·x. That
 * is what follows a squeeze-excite block (Hu et al., Squeeze-and-Excitation Networks, 2018), and the weights are by far the
 * smaller tensor wherever maps are large. One image only: each has its own gates.
 */
final class GateWeights implements Rewriting.Rule {
    /** Weights are multiplied and packed; the source would be multiplied only, and be in the cache for what reads it. */
    private static final int DEARER = 8;

    @Override
    public void visit(Rewriting graph, Node node) {
        if (!(node.layer() instanceof Convolution layer) || layer.groups() != 1) {
            return;
        }
        Value gated = node.inputs().get(0);
        Value weights = node.inputs().get(1);
        Node product = graph.producer(gated);
        if (product == null
                || !(product.layer() instanceof Binary binary)
                || binary.op() != Binary.Op.MUL
                || !graph.isPrivate(gated)
                || graph.constant(weights) == null
                || DEARER * (long) weights.shape().elements() > gated.shape().elements()) {
            return;
        }
        for (int source = 0; source < 2; source++) {
            Value map = product.inputs().get(source);
            Value gate = product.inputs().get(1 - source);
            if (map.shape().equals(gated.shape()) && isGate(gate.shape(), map.shape())) {
                List<Value> inputs = new ArrayList<>(node.inputs());
                inputs.set(0, map);
                inputs.set(1, graph.add(weights.name() + " gated", product.layer(), List.of(weights, gate)));
                graph.replace(node, layer, inputs);
                return;
            }
        }
    }

    /** One number for each channel of the only image. */
    private static boolean isGate(Shape gate, Shape map) {
        return gate.rank() == map.rank()
                && map.extent(0) == 1
                && gate.extent(1) == map.extent(1)
                && gate.elements() == map.extent(1);
    }
}
