package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph while a pass rewrites it: one walk over the nodes in their order, in which a rule may replace the node it is shown
 * by others. A rule looks backwards only, at what has been walked over; what nothing reads any more is dropped at once, so
 * that {@link #uses} is true at every moment.
 */
final class Rewriting {
    /** What is done to one node, if anything. */
    @FunctionalInterface
    interface Rule {
        void visit(Rewriting graph, Node node);
    }

    private final Set<Value> outputs;
    private final Map<Value, Node> made = new LinkedHashMap<>();
    private final Map<Value, Tensor> constants;
    private final Map<Value, Value> instead = new HashMap<>();
    private final Map<Value, Integer> uses = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private int nextValue;
    private int nextNode;
    private boolean changed;

    private Rewriting(Graph graph) {
        this.outputs = new HashSet<>(graph.outputs());
        this.constants = new LinkedHashMap<>(graph.constants());
        this.nextValue = graph.nextValueId();
        graph.inputs().forEach(input -> names.add(input.name()));
        constants.keySet().forEach(constant -> names.add(constant.name()));
        for (Node node : graph.nodes()) {
            nextNode = Math.max(nextNode, node.id() + 1);
            node.outputs().forEach(output -> names.add(output.name()));
            node.inputs().forEach(input -> uses.merge(input, 1, Integer::sum));
        }
    }

    /** Shows every node to a rule, its inputs already rewritten; gives the very graph back if the rule left all as it was. */
    static Graph walk(Graph graph, Rule rule) {
        Rewriting rewriting = new Rewriting(graph);
        for (Node node : graph.nodes()) {
            List<Value> inputs = node.inputs().stream().map(rewriting::resolve).toList();
            Node current = new Node(node.id(), node.name(), node.layer(), inputs, node.outputs());
            rewriting.put(current);
            rule.visit(rewriting, current);
        }
        if (!rewriting.changed) {
            return graph;
        }
        return new Graph(graph.name(), graph.inputs(), graph.outputs(), rewriting.nodes(), rewriting.constants);
    }

    /** The node that makes a value; null if it is an input or a constant. */
    @Nullable Node producer(Value value) {
        return made.get(value);
    }

    /** The numbers of a constant; null if the value is not one. */
    @Nullable Tensor constant(Value value) {
        return constants.get(value);
    }

    /** Bytes of all constants that are still read. */
    long constantBytes() {
        return constants.keySet().stream()
                .mapToLong(constant -> constant.type().bytes())
                .sum();
    }

    /** Whether the value is one of the graph's outputs. */
    boolean isOutput(Value value) {
        return outputs.contains(value);
    }

    /** How often nodes read a value. */
    int uses(Value value) {
        return uses.getOrDefault(value, 0);
    }

    /** Whether one node reads the value once and nobody else sees it. */
    boolean isPrivate(Value value) {
        return uses(value) == 1 && !isOutput(value);
    }

    /** Adds a constant under a name that is free. */
    Value constant(String name, Tensor tensor) {
        Value value = new Value(nextValue++, free(name), tensor.type());
        constants.put(value, tensor);
        return value;
    }

    /** Adds a node of one output before those still to be walked over. */
    Value add(String name, Layer layer, List<Value> inputs) {
        Value output = new Value(
                nextValue++,
                free(name),
                layer.infer(inputs.stream().map(Value::type).toList()).get(0));
        inputs.forEach(input -> uses.merge(input, 1, Integer::sum));
        put(new Node(nextNode++, output.name(), layer, inputs, List.of(output)));
        return output;
    }

    /** Computes the outputs of the node shown by another layer from other inputs. */
    void replace(Node node, Layer layer, List<Value> inputs) {
        replace(node, node.name(), layer, inputs);
    }

    /** The same, under the name of what does the work. */
    void replace(Node node, String name, Layer layer, List<Value> inputs) {
        changed = true;
        inputs.forEach(input -> uses.merge(input, 1, Integer::sum));
        // What was added for its inputs comes before it.
        node.outputs().forEach(made::remove);
        put(new Node(node.id(), name, layer, inputs, node.outputs()));
        node.inputs().forEach(this::release);
    }

    /** Makes the outputs of a node constants. */
    void replace(Node node, List<Tensor> tensors) {
        changed = true;
        for (int i = 0; i < tensors.size(); i++) {
            Value output = node.outputs().get(i);
            made.remove(output);
            constants.put(output, tensors.get(i));
        }
        node.inputs().forEach(this::release);
    }

    /**
     * Lets everything that reads the only output of a node read another value of its type, and drops the node. An output of
     * the graph stays itself: the node that makes the other value makes it then, and if there is none, nothing is done.
     */
    void forward(Node node, Value value) {
        Value output = node.output();
        if (isOutput(output)) {
            takeOver(node, value);
            return;
        }
        changed = true;
        made.remove(output);
        instead.put(output, value);
        uses.merge(value, uses(output), Integer::sum);
        uses.remove(output);
        node.inputs().forEach(this::release);
    }

    private void takeOver(Node node, Value value) {
        Node producer = made.get(value);
        if (producer == null || isOutput(value) || producer.outputs().size() != 1) {
            return;
        }
        changed = true;
        Value output = node.output();
        made.remove(output);
        List<Node> walked = nodes();
        made.clear();
        for (Node earlier : walked) {
            List<Value> inputs = earlier.inputs().stream()
                    .map(input -> input.equals(value) ? output : input)
                    .toList();
            List<Value> outputs = earlier.equals(producer) ? List.of(output) : earlier.outputs();
            put(new Node(earlier.id(), earlier.name(), earlier.layer(), inputs, outputs));
        }
        instead.put(value, output);
        uses.merge(output, uses(value), Integer::sum);
        uses.remove(value);
        node.inputs().forEach(input -> release(resolve(input)));
    }

    private Value resolve(Value value) {
        Value resolved = value;
        for (Value next = instead.get(resolved); next != null; next = instead.get(resolved)) {
            resolved = next;
        }
        return resolved;
    }

    private List<Node> nodes() {
        return made.values().stream().distinct().toList();
    }

    private void put(Node node) {
        node.outputs().forEach(output -> made.put(output, node));
    }

    /** One use less; what is then without any is dropped, and so on backwards. */
    private void release(Value value) {
        Deque<Value> released = new ArrayDeque<>(List.of(value));
        while (!released.isEmpty()) {
            Value next = released.pop();
            int left = uses(next) - 1;
            uses.put(next, left);
            Node producer = made.get(next);
            if (left > 0 || isOutput(next)) {
                continue;
            }
            constants.remove(next);
            if (producer != null && producer.outputs().stream().noneMatch(o -> uses(o) > 0 || isOutput(o))) {
                producer.outputs().forEach(made::remove);
                released.addAll(new ArrayList<>(producer.inputs()));
            }
        }
    }

    private String free(String wanted) {
        String free = wanted;
        for (int i = 1; !names.add(free); i++) {
            free = wanted + "#" + i;
        }
        return free;
    }
}
