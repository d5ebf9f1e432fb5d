package io.conv4j.compile;

import io.conv4j.graph.Graph;
import java.util.List;

/** Makes plans of graphs. Pure and thread-safe. */
public final class Compiler {
    /** In an order in which each pass finds what the one before it left; the whole list is run until nothing changes. */
    private static final List<Pass> PASSES = List.of(new EliminateDead());

    /** Every pass makes graphs smaller or stays; a list that goes on this long has two passes that undo each other. */
    private static final int MOST_ROUNDS = 50;

    private Compiler() {}

    /**
     * The plan of a graph. Its inputs and outputs are the graph's; its constants are shared with the graph where they are
     * unchanged.
     */
    public static Plan compile(Graph graph, OptimizationLevel level) {
        return switch (level) {
            case NONE -> Plan.of(graph);
            case ALL -> Plan.of(simplify(graph));
        };
    }

    private static Graph simplify(Graph graph) {
        Graph current = graph;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            Graph before = current;
            for (Pass pass : PASSES) {
                current = pass.apply(current);
            }
            if (current == before) {
                return current;
            }
        }
        throw new IllegalStateException("passes did not come to rest on graph " + graph.name());
    }
}
