package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves an activation before layers that only move elements, where it then fuses into all that makes the elements:
 * convolution, reshape, sigmoid becomes convolution, sigmoid, reshape.
 */
final class HoistActivations implements Rewriting.Rule {
    /** How many layers of moves are looked through. */
    private static final int DEPTH = 6;

    @Override
    public void visit(Rewriting graph, Node node) {
        if (!(node.layer() instanceof Activation activation)
                || !Fusion.isPostOp(activation)
                || node.output().dataType() != DataType.F32) {
            return;
        }
        Value moved = node.inputs().get(0);
        Node move = graph.producer(moved);
        if (move == null || !moves(move.layer()) || !fuses(graph, moved, DEPTH)) {
            return;
        }
        List<Value> activated = new ArrayList<>();
        for (Value src : move.inputs()) {
            activated.add(graph.add(node.name(), activation, List.of(src)));
        }
        graph.replace(node, move.name(), move.layer(), activated);
    }

    private static boolean moves(Layer layer) {
        return layer instanceof Reshape
                || layer instanceof Transpose
                || layer instanceof Concat
                || layer instanceof DepthToSpace
                || layer instanceof SpaceToDepth;
    }

    /** Whether an activation of the value, moved as far back as it goes, fuses with all that makes it. */
    private static boolean fuses(Rewriting graph, Value value, int depth) {
        Node producer = graph.producer(value);
        if (producer == null || !graph.isPrivate(value) || depth == 0) {
            return false;
        }
        if (moves(producer.layer())) {
            for (Value input : producer.inputs()) {
                if (!fuses(graph, input, depth - 1)) {
                    return false;
                }
            }
            return true;
        }
        return Fusion.isProduct(producer.layer()) || producer.layer() instanceof Pooling;
    }
}
