package io.conv4j.compile;

import io.conv4j.evaluate.Evaluator;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Dense;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the product of a matrix and a constant matrix as a fully connected layer, whose weights are the constant
 * transposed. A sum after it can then become the bias.
 */
final class DenseFromMatMul implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<Value, Value> transposed = new HashMap<>();
        return Rewriting.walk(graph, (rewriting, node) -> visit(rewriting, node, transposed));
    }

    private static void visit(Rewriting graph, Node node, Map<Value, Value> transposed) {
        if (!(node.layer() instanceof MatMul)) {
            return;
        }
        Value src = node.inputs().get(0);
        Value matrix = node.inputs().get(1);
        Tensor constant = graph.constant(matrix);
        if (constant == null || src.shape().rank() != 2 || matrix.shape().rank() != 2) {
            return;
        }
        Value weights = transposed.computeIfAbsent(
                matrix,
                value -> graph.constant(
                        value.name(),
                        Evaluator.evaluate(new Transpose(List.of(1, 0)), List.of(constant))
                                .get(0)));
        graph.replace(node, new Dense(), List.of(src, weights));
    }
}
