package io.conv4j.graph;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A network: layers in an order in which they can be computed, with constants, inputs and outputs; every shape is known.
 * Immutable and safe to share between threads, provided that nobody writes into its constants.
 */
public final class Graph {
    private final String name;
    private final List<Value> inputs;
    private final List<Value> outputs;
    private final List<Node> nodes;
    private final Map<Value, Tensor> constants;

    /**
     * Checks the whole graph: ids and names unique, every input of a node defined before it, shapes as the layers infer
     * them, constants of the type they are declared with.
     */
    public Graph(String name, List<Value> inputs, List<Value> outputs, List<Node> nodes, Map<Value, Tensor> constants) {
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        this.nodes = List.copyOf(nodes);
        this.constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
        check();
    }

    private void check() {
        Set<Integer> ids = new HashSet<>();
        Set<Value> defined = new HashSet<>();
        for (Value input : inputs) {
            define(input, ids, defined);
        }
        for (Map.Entry<Value, Tensor> constant : constants.entrySet()) {
            define(constant.getKey(), ids, defined);
            if (!constant.getValue().type().equals(constant.getKey().type())) {
                throw new Conv4jException("constant " + constant.getKey() + " holds "
                        + constant.getValue().type());
            }
        }
        for (Node node : nodes) {
            for (Value input : node.inputs()) {
                if (!defined.contains(input)) {
                    throw new Conv4jException("node " + node + " uses " + input + " before it is made");
                }
            }
            List<TensorType> inferred = node.layer().infer(Value.types(node.inputs()));
            if (!inferred.equals(Value.types(node.outputs()))) {
                throw new Conv4jException("node " + node + " makes " + inferred + ", declared " + node.outputs());
            }
            for (Value output : node.outputs()) {
                define(output, ids, defined);
            }
        }
        for (Value output : outputs) {
            if (!defined.contains(output)) {
                throw new Conv4jException("output " + output + " of graph " + name + " is never made");
            }
        }
        if (outputs.isEmpty()) {
            throw new Conv4jException("graph " + name + " has no output");
        }
    }

    private static void define(Value value, Set<Integer> ids, Set<Value> defined) {
        if (!ids.add(value.id())) {
            throw new Conv4jException("value " + value + " is defined twice (id " + value.id() + ")");
        }
        defined.add(value);
    }

    /** Starts a graph written in Java. */
    public static GraphBuilder builder(String name) {
        return new GraphBuilder(name);
    }

    /** The name, for people. */
    public String name() {
        return name;
    }

    /** What a run takes, in order. */
    public List<Value> inputs() {
        return inputs;
    }

    /** What a run gives, in order. */
    public List<Value> outputs() {
        return outputs;
    }

    /** The layers, each after those it depends on. */
    public List<Node> nodes() {
        return nodes;
    }

    /** Weights and other values that are the same in every run, in the order in which they were added. */
    public Map<Value, Tensor> constants() {
        return constants;
    }

    /** The numbers of a constant; empty if the value is not one. */
    public Optional<Tensor> constant(Value value) {
        return Optional.ofNullable(constants.get(value));
    }

    /** An id that no value of this graph has, and none above it either. */
    public int nextValueId() {
        int highest = -1;
        for (Value input : inputs) {
            highest = Math.max(highest, input.id());
        }
        for (Value constant : constants.keySet()) {
            highest = Math.max(highest, constant.id());
        }
        for (Node node : nodes) {
            for (Value output : node.outputs()) {
                highest = Math.max(highest, output.id());
            }
        }
        return highest + 1;
    }

    @Override
    public String toString() {
        return "Graph " + name + ": " + nodes.size() + " layers, inputs " + inputs + ", outputs " + outputs;
    }
}
