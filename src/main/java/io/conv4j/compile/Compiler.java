package io.conv4j.compile;

import io.conv4j.graph.Graph;
import java.util.List;

/** Makes plans of graphs. Pure and thread-safe. */
public final class Compiler {
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
            case ALL -> Fusion.plan(simplify(graph));
        };
    }

    /** Run in an order in which each finds what the one before it left, all of them until nothing changes. */
    private static List<Pass> passes(Graph graph) {
        return List.of(
                new EliminateDead(),
                FoldConstants.of(graph),
                new RemoveIdentities(),
                new MergeDuplicates(),
                new ScalarArithmetic(),
                new RecogniseActivations(),
                new DenseFromMatMul(),
                new GlobalPooling(),
                new MergePadding(),
                new PoolBeforeConvolution(),
                new FoldBatchNormalization(),
                new FoldScaleShift(),
                new GateWeights(),
                new HoistActivations());
    }

    private static Graph simplify(Graph graph) {
        List<Pass> passes = passes(graph);
        Graph current = graph;
        // How many passes in a row have left the graph as it is: after all of them nothing will change any more.
        int idle = 0;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            for (Pass pass : passes) {
                Graph before = current;
                current = pass.apply(before);
                idle = current == before ? idle + 1 : 0;
                if (idle == passes.size()) {
                    return current;
                }
            }
        }
        throw new IllegalStateException("passes did not come to rest on graph " + graph.name());
    }
}
