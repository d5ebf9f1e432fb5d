package io.conv4j.compile;

import io.conv4j.Conv4jException;
import io.conv4j.evaluate.Evaluator;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Reshape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes what depends on constants alone. All constants together may not take more than a limit, so that a small file
 * cannot ask for much memory by expanding a number to a huge tensor; what would go beyond is left to the run.
 */
final class FoldConstants implements Rewriting.Rule {
    private static final long ALLOWANCE = 64L << 20;

    private final long mostBytes;

    /** With a limit to the bytes of all constants. */
    FoldConstants(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** With a limit that lets this graph's constants double. */
    static FoldConstants of(Graph graph) {
        long bytes = 0;
        for (Value constant : graph.constants().keySet()) {
            bytes += constant.type().bytes();
        }
        return new FoldConstants(2 * bytes + ALLOWANCE);
    }

    @Override
    public void visit(Rewriting graph, Node node) {
        List<Tensor> inputs = new ArrayList<>();
        for (Value input : node.inputs()) {
            Tensor constant = graph.constant(input);
            if (constant == null) {
                return;
            }
            inputs.add(constant);
        }
        if (node.layer() instanceof Reshape reshape) {
            graph.replace(node, List.of(inputs.get(0).reshape(reshape.shape())));
            return;
        }
        long bytes = 0;
        for (Value output : node.outputs()) {
            bytes += output.type().bytes();
        }
        if (!Evaluator.covers(node.layer()) || graph.constantBytes() + bytes > mostBytes) {
            return;
        }
        try {
            graph.replace(node, Evaluator.evaluate(node.layer(), inputs));
        } catch (Conv4jException e) {
            // An index out of range, say: an error of the run, if the run ever comes to it.
            System.getLogger(FoldConstants.class.getName())
                    .log(System.Logger.Level.DEBUG, "not folded: " + node + ": " + e.getMessage());
        }
    }
}
