package io.conv4j.graph;

import io.conv4j.layer.Layer;
import java.util.List;

/**
 * One layer at its place in a graph.
 *
 * @param id unique within the graph
 * @param name for people; the name in the model file where there is one
 * @param layer what is computed
 * @param inputs what from, in the layer's order
 * @param outputs what it makes, nearly always one
 */
public record Node(int id, String name, Layer layer, List<Value> inputs, List<Value> outputs) {
    /** Copies the lists. */
    public Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** The first output. */
    public Value output() {
        return outputs.get(0);
    }

    /** The id alone tells the nodes of a graph apart. */
    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof Node node
                        && id == node.id
                        && name.equals(node.name)
                        && layer.equals(node.layer)
                        && inputs.equals(node.inputs)
                        && outputs.equals(node.outputs);
    }

    @Override
    public String toString() {
        return name + " (" + layer.word() + ")";
    }
}
