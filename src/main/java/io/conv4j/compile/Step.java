package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a back end runs as one: a layer and the post-ops fused into it.
 *
 * @param origin the node the layer came from, for names in messages
 * @param layer what is computed first
 * @param sources the layer's inputs, in its order
 * @param postOps what is done to the result before it is written
 * @param destinations what is written; with post-ops, one
 */
public record Step(Node origin, Layer layer, List<Value> sources, List<PostOp> postOps, List<Value> destinations) {
    /** Copies the lists. */
    public Step {
        sources = List.copyOf(sources);
        postOps = List.copyOf(postOps);
        destinations = List.copyOf(destinations);
    }

    /** The node's layer alone. */
    public static Step of(Node node) {
        return new Step(node, node.layer(), node.inputs(), List.of(), node.outputs());
    }

    /** The layer alone, writing the same destinations. */
    public Step withoutPostOps() {
        return withPostOps(List.of());
    }

    /** The layer with other post-ops, writing the same destinations. */
    public Step withPostOps(List<PostOp> others) {
        return new Step(origin, layer, sources, others, destinations);
    }

    /** The first destination. */
    public Value destination() {
        return destinations.get(0);
    }

    /** All values read: sources, then operands of post-ops. */
    public List<Value> reads() {
        List<Value> reads = null;
        for (PostOp postOp : postOps) {
            if (postOp instanceof PostOp.Combine combine) {
                reads = reads == null ? new ArrayList<>(sources) : reads;
                reads.add(combine.operand());
            }
        }
        return reads == null ? sources : List.copyOf(reads);
    }

    /** The name for people. */
    public String name() {
        return origin.name();
    }

    /** {@code Convolution+add+relu}. */
    public String word() {
        StringBuilder word = new StringBuilder(layer.word());
        for (PostOp postOp : postOps) {
            word.append('+').append(postOp);
        }
        return word.toString();
    }

    @Override
    public String toString() {
        return name() + " (" + word() + ")";
    }
}
