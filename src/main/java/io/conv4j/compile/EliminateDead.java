package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Drops nodes and constants that no output depends on. */
final class EliminateDead implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Set<Value> needed = new HashSet<>(graph.outputs());
        List<Node> nodes = new ArrayList<>();
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            if (!Collections.disjoint(node.outputs(), needed)) {
                nodes.add(node);
                needed.addAll(node.inputs());
            }
        }
        Collections.reverse(nodes);
        Map<Value, Tensor> constants = new LinkedHashMap<>(graph.constants());
        constants.keySet().retainAll(needed);
        boolean same = nodes.size() == graph.nodes().size()
                && constants.size() == graph.constants().size();
        return same ? graph : new Graph(graph.name(), graph.inputs(), graph.outputs(), nodes, constants);
    }
}
