package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph while a pass rewrites it: one walk over the nodes in their order, in which a rule may replace the node it is shown
 * by others. A rule looks backwards only, at what has been walked over; what nothing reads any more is dropped at once, so
 * that {@link #uses} is true at every moment. Most walks change nothing: what only changes need is made for the first one.
 */
final class Rewriting {
    /** A pass that is one walk: what is done to one node, if anything. */
    interface Rule extends Pass {
        void visit(Rewriting graph, Node node);

        @Override
        default Graph apply(Graph graph) {
            return walk(graph, this);
        }
    }

    private final Graph given;
    private final Map<Value, Node> made = new LinkedHashMap<>();
    private final Map<Value, Value> instead = new HashMap<>();
    private Map<Value, Tensor> constants;
    private @Nullable Map<Value, Integer> uses;
    private @Nullable Set<String> names;
    private int nextValue = -1;
    private int nextNode = -1;
    private boolean changed;

    private Rewriting(Graph graph) {
        this.given = graph;
        this.constants = graph.constants();
    }

    /** Shows every node to a rule, its inputs already rewritten; gives the very graph back if the rule left all as it was. */
    static Graph walk(Graph graph, Rule rule) {
        Rewriting rewriting = new Rewriting(graph);
        for (Node node : graph.nodes()) {
            Node current = rewriting.resolve(node);
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
        long bytes = 0;
        for (Value constant : constants.keySet()) {
            bytes += constant.type().bytes();
        }
        return bytes;
    }

    /** Whether the value is one of the graph's outputs. */
    boolean isOutput(Value value) {
        return given.outputs().contains(value);
    }

    /** How often nodes read a value. */
    int uses(Value value) {
        return counts().getOrDefault(value, 0);
    }

    /** Whether one node reads the value once and nobody else sees it. */
    boolean isPrivate(Value value) {
        return uses(value) == 1 && !isOutput(value);
    }

    /** Adds a constant under a name that is free. */
    Value constant(String name, Tensor tensor) {
        Value value = new Value(nextValue(), free(name), tensor.type());
        ownConstants().put(value, tensor);
        return value;
    }

    /** Adds a node of one output before those still to be walked over. */
    Value add(String name, Layer layer, List<Value> inputs) {
        Value output = new Value(
                nextValue(), free(name), layer.infer(Value.types(inputs)).get(0));
        use(inputs);
        put(new Node(nextNode(), output.name(), layer, inputs, List.of(output)));
        return output;
    }

    /** Computes the outputs of the node shown by another layer from other inputs. */
    void replace(Node node, Layer layer, List<Value> inputs) {
        replace(node, node.name(), layer, inputs);
    }

    /** The same, under the name of what does the work. */
    void replace(Node node, String name, Layer layer, List<Value> inputs) {
        changed = true;
        use(inputs);
        // What was added for its inputs comes before it.
        made.keySet().removeAll(node.outputs());
        put(new Node(node.id(), name, layer, inputs, node.outputs()));
        release(node.inputs());
    }

    /** Makes the outputs of a node constants. */
    void replace(Node node, List<Tensor> tensors) {
        changed = true;
        for (int i = 0; i < tensors.size(); i++) {
            Value output = node.outputs().get(i);
            made.remove(output);
            ownConstants().put(output, tensors.get(i));
        }
        release(node.inputs());
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
        counts().put(value, uses(value) + uses(output));
        counts().remove(output);
        release(node.inputs());
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
            List<Value> inputs = new ArrayList<>(earlier.inputs());
            Collections.replaceAll(inputs, value, output);
            List<Value> outputs = earlier.equals(producer) ? List.of(output) : earlier.outputs();
            put(new Node(earlier.id(), earlier.name(), earlier.layer(), inputs, outputs));
        }
        instead.put(value, output);
        counts().put(output, uses(output) + uses(value));
        counts().remove(value);
        for (Value input : node.inputs()) {
            release(resolve(input));
        }
    }

    /** The node with its inputs as they are now. */
    private Node resolve(Node node) {
        if (instead.isEmpty() || Collections.disjoint(node.inputs(), instead.keySet())) {
            return node;
        }
        List<Value> inputs = new ArrayList<>(node.inputs());
        for (int i = 0; i < inputs.size(); i++) {
            inputs.set(i, resolve(inputs.get(i)));
        }
        return new Node(node.id(), node.name(), node.layer(), inputs, node.outputs());
    }

    private Value resolve(Value value) {
        Value resolved = value;
        for (Value next = instead.get(resolved); next != null; next = instead.get(resolved)) {
            resolved = next;
        }
        return resolved;
    }

    private List<Node> nodes() {
        return List.copyOf(new LinkedHashSet<>(made.values()));
    }

    private void put(Node node) {
        for (Value output : node.outputs()) {
            made.put(output, node);
        }
    }

    private void use(List<Value> values) {
        for (Value value : values) {
            counts().put(value, uses(value) + 1);
        }
    }

    private Map<Value, Integer> counts() {
        Map<Value, Integer> known = uses;
        if (known == null) {
            known = new HashMap<>();
            uses = known;
            for (Node node : given.nodes()) {
                use(node.inputs());
            }
        }
        return known;
    }

    private Map<Value, Tensor> ownConstants() {
        if (constants == given.constants()) {
            constants = new LinkedHashMap<>(constants);
        }
        return constants;
    }

    private int nextValue() {
        nextValue = nextValue < 0 ? given.nextValueId() : nextValue;
        return nextValue++;
    }

    private int nextNode() {
        if (nextNode < 0) {
            nextNode = 0;
            for (Node node : given.nodes()) {
                nextNode = Math.max(nextNode, node.id() + 1);
            }
        }
        return nextNode++;
    }

    private void release(List<Value> values) {
        for (Value value : values) {
            release(value);
        }
    }

    /** One use less; what is then without any is dropped, and so on backwards. */
    private void release(Value value) {
        Deque<Value> released = new ArrayDeque<>(List.of(value));
        while (!released.isEmpty()) {
            Value next = released.pop();
            int left = uses(next) - 1;
            counts().put(next, left);
            Node producer = made.get(next);
            if (left > 0 || isOutput(next)) {
                continue;
            }
            if (constants.containsKey(next)) {
                ownConstants().remove(next);
            }
            if (producer != null && isUnread(producer)) {
                made.keySet().removeAll(producer.outputs());
                released.addAll(new ArrayList<>(producer.inputs()));
            }
        }
    }

    private boolean isUnread(Node node) {
        for (Value output : node.outputs()) {
            if (uses(output) > 0 || isOutput(output)) {
                return false;
            }
        }
        return true;
    }

    /** The names of the graph's values, collected when one is added for the first time: most walks add none. */
    private Set<String> names() {
        Set<String> known = names;
        if (known == null) {
            known = new HashSet<>();
            names = known;
            add(given.inputs(), known);
            add(given.constants().keySet(), known);
            for (Node node : given.nodes()) {
                add(node.outputs(), known);
            }
        }
        return known;
    }

    private static void add(Collection<Value> values, Set<String> names) {
        for (Value value : values) {
            names.add(value.name());
        }
    }

    private String free(String wanted) {
        Set<String> taken = names();
        String free = wanted;
        for (int i = 1; !taken.add(free); i++) {
            free = wanted + "#" + i;
        }
        return free;
    }
}
