package io.conv4j.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Sorts the nodes of a graph so that each comes after those it depends on, and leaves out those on which no output depends.
 * Finds what is wrong with the wiring: names made twice, inputs that nothing makes, cycles.
 */
final class NodeOrder {
    private final List<NodeMessage> nodes;
    private final List<Set<String>> uses = new ArrayList<>();
    private final Map<String, Integer> makers = new HashMap<>();
    private final Predicate<String> given;

    private NodeOrder(GraphMessage graph, Predicate<String> given) {
        this.nodes = graph.nodes();
        this.given = given;
        for (int i = 0; i < nodes.size(); i++) {
            uses.add(uses(nodes.get(i)));
            for (String output : nodes.get(i).outputs()) {
                if (!output.isEmpty() && makers.put(output, i) != null) {
                    throw new ModelFormatException("two nodes make '" + output + "'");
                }
            }
        }
    }

    /**
     * The sorted nodes.
     *
     * @param graph the graph or subgraph
     * @param taken names within the graph that no node may make: inputs and constants
     * @param given whether a name is there without a node: the same, and those of the graphs around
     */
    static List<NodeMessage> sort(GraphMessage graph, Set<String> taken, Predicate<String> given) {
        NodeOrder order = new NodeOrder(graph, given);
        for (String name : order.makers.keySet()) {
            if (taken.contains(name)) {
                throw new ModelFormatException("node '" + NodeContext.label(order.nodes.get(order.makers.get(name)))
                        + "' makes '" + name + "', which is an input or a constant");
            }
        }
        List<String> outputs = new ArrayList<>();
        for (ValueMessage output : graph.outputs()) {
            outputs.add(output.name());
        }
        return order.sort(order.needed(outputs));
    }

    private boolean[] needed(List<String> outputs) {
        boolean[] needed = new boolean[nodes.size()];
        Deque<String> open = new ArrayDeque<>(outputs);
        while (!open.isEmpty()) {
            String name = open.pop();
            Integer maker = makers.get(name);
            if (maker == null && !given.test(name)) {
                throw new ModelFormatException(
                        "nothing makes '" + name + "', which a node or the graph's output takes");
            }
            if (maker != null && !needed[maker]) {
                needed[maker] = true;
                open.addAll(uses.get(maker));
            }
        }
        return needed;
    }

    private List<NodeMessage> sort(boolean[] needed) {
        int[] waiting = new int[nodes.size()];
        List<List<Integer>> users = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            users.add(new ArrayList<>());
        }
        Deque<Integer> ready = new ArrayDeque<>();
        int wanted = 0;
        for (int i = 0; i < waiting.length; i++) {
            if (needed[i]) {
                wanted++;
                for (String name : uses.get(i)) {
                    Integer maker = makers.get(name);
                    if (maker != null) {
                        waiting[i]++;
                        users.get(maker).add(i);
                    }
                }
                if (waiting[i] == 0) {
                    ready.add(i);
                }
            }
        }
        List<NodeMessage> sorted = new ArrayList<>();
        while (!ready.isEmpty()) {
            int next = ready.remove();
            sorted.add(nodes.get(next));
            for (int user : users.get(next)) {
                if (--waiting[user] == 0) {
                    ready.add(user);
                }
            }
        }
        if (sorted.size() < wanted) {
            List<String> left = java.util.stream.IntStream.range(0, waiting.length)
                    .filter(i -> waiting[i] > 0)
                    .limit(8)
                    .mapToObj(i -> NodeContext.label(nodes.get(i)))
                    .toList();
            throw new ModelFormatException("the graph has a cycle through or before nodes " + left);
        }
        return sorted;
    }

    /** The names a node takes, those that its subgraphs take from around them included. */
    static Set<String> uses(NodeMessage node) {
        Set<String> names = new LinkedHashSet<>(node.inputs());
        for (AttributeMessage attribute : node.attributes()) {
            GraphMessage inner = attribute.graph();
            if (inner != null) {
                names.addAll(free(inner));
            }
            for (GraphMessage graph : attribute.graphs()) {
                names.addAll(free(graph));
            }
        }
        names.remove("");
        return names;
    }

    private static Set<String> free(GraphMessage graph) {
        Set<String> own = new HashSet<>();
        graph.inputs().stream().map(ValueMessage::name).forEach(own::add);
        graph.initializers().stream().map(TensorMessage::name).forEach(own::add);
        Set<String> free = new LinkedHashSet<>();
        graph.outputs().stream().map(ValueMessage::name).forEach(free::add);
        for (NodeMessage node : graph.nodes()) {
            own.addAll(node.outputs());
            free.addAll(uses(node));
        }
        free.removeAll(own);
        return free;
    }
}
