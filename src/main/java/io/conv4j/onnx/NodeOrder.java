package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
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
    private final List<NodeProto> nodes;
    private final List<Set<String>> uses = new ArrayList<>();
    private final Map<String, Integer> makers = new HashMap<>();
    private final Predicate<String> given;

    private NodeOrder(GraphProto graph, Predicate<String> given) {
        this.nodes = graph.getNodeList();
        this.given = given;
        for (int i = 0; i < nodes.size(); i++) {
            uses.add(uses(nodes.get(i)));
            for (String output : nodes.get(i).getOutputList()) {
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
    static List<NodeProto> sort(GraphProto graph, Set<String> taken, Predicate<String> given) {
        NodeOrder order = new NodeOrder(graph, given);
        for (String name : order.makers.keySet()) {
            if (taken.contains(name)) {
                throw new ModelFormatException("node '" + NodeContext.label(order.nodes.get(order.makers.get(name)))
                        + "' makes '" + name + "', which is an input or a constant");
            }
        }
        boolean[] needed = order.needed(
                graph.getOutputList().stream().map(ValueInfoProto::getName).toList());
        return order.sort(needed);
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

    private List<NodeProto> sort(boolean[] needed) {
        int[] waiting = new int[nodes.size()];
        List<List<Integer>> users = new ArrayList<>();
        nodes.forEach(node -> users.add(new ArrayList<>()));
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
        List<NodeProto> sorted = new ArrayList<>();
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
    static Set<String> uses(NodeProto node) {
        Set<String> names = new LinkedHashSet<>(node.getInputList());
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                names.addAll(free(attribute.getG()));
            }
            attribute.getGraphsList().forEach(graph -> names.addAll(free(graph)));
        }
        names.remove("");
        return names;
    }

    private static Set<String> free(GraphProto graph) {
        Set<String> own = new HashSet<>();
        graph.getInputList().stream().map(ValueInfoProto::getName).forEach(own::add);
        graph.getInitializerList().stream().map(TensorProto::getName).forEach(own::add);
        Set<String> free = new LinkedHashSet<>();
        graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(free::add);
        for (NodeProto node : graph.getNodeList()) {
            own.addAll(node.getOutputList());
            free.addAll(uses(node));
        }
        free.removeAll(own);
        return free;
    }
}
