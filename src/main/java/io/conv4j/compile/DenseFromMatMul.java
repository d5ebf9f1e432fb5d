package io.conv4j.compile;

import io.conv4j.evaluate.Evaluator;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Dense;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the product with a constant matrix as a fully connected layer, whose weights are the constant transposed; rows of
 * more axes than one are counted through by reshapes. A sum after it becomes the bias.
 */
final class DenseFromMatMul implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return Rewriting.walk(graph, new Transposing());
    }

    /** One walk, with the matrices transposed so far. */
    private static final class Transposing implements Rewriting.Rule {
        private final Map<Value, Value> transposed = new HashMap<>();

        @Override
        public void visit(Rewriting graph, Node node) {
            if (node.layer() instanceof MatMul) {
                product(graph, node, transposed);
            } else if (node.layer() instanceof Binary binary && binary.op() == Binary.Op.ADD) {
                Value a = node.inputs().get(0);
                Value b = node.inputs().get(1);
                if (!bias(graph, node, a, b)) {
                    bias(graph, node, b, a);
                }
            }
        }
    }

    private static void product(Rewriting graph, Node node, Map<Value, Value> transposed) {
        Value src = node.inputs().get(0);
        Value matrix = node.inputs().get(1);
        Tensor constant = graph.constant(matrix);
        if (constant == null
                || !matrix.dataType().floating()
                || matrix.shape().rank() != 2
                || matrix.shape().elements() == 0) {
            return;
        }
        Value weights = transposed.computeIfAbsent(
                matrix,
                value -> graph.constant(
                        value.name(),
                        Evaluator.evaluate(new Transpose(List.of(1, 0)), List.of(constant))
                                .get(0)));
        if (src.shape().rank() == 2) {
            graph.replace(node, new Dense(), List.of(src, weights));
            return;
        }
        int rows = src.shape().elements() / src.shape().extent(-1);
        Shape rowsOnly = Shape.of(rows, src.shape().extent(-1));
        Value flat = graph.add(node.name(), new Reshape(rowsOnly), List.of(src));
        Value dense = graph.add(node.name(), new Dense(), List.of(flat, weights));
        graph.replace(node, new Reshape(node.output().shape()), List.of(dense));
    }

    /** Puts a constant row that is added behind a reshape into the layer before it. */
    private static boolean bias(Rewriting graph, Node node, Value sum, Value row) {
        Node reshape = graph.producer(sum);
        Tensor constant = graph.constant(row);
        if (reshape == null || constant == null || !(reshape.layer() instanceof Reshape)) {
            return false;
        }
        Node dense = graph.producer(reshape.inputs().get(0));
        if (dense == null
                || !(dense.layer() instanceof Dense)
                || dense.inputs().size() != 2
                || !graph.isPrivate(sum)
                || !graph.isPrivate(dense.output())
                || !sum.type().equals(node.output().type())) {
            return false;
        }
        int columns = dense.output().shape().extent(1);
        boolean perColumn = sum.shape().rank() > 0
                && sum.shape().extent(-1) == columns
                && constant.shape().rank() > 0
                && constant.shape().elements() == columns
                && constant.shape().extent(-1) == columns;
        if (!perColumn) {
            return false;
        }
        Value bias = graph.constant(row.name(), constant.reshape(Shape.of(columns)));
        Value biased = graph.add(
                dense.name(),
                new Dense(),
                List.of(dense.inputs().get(0), dense.inputs().get(1), bias));
        graph.replace(node, reshape.name(), reshape.layer(), List.of(biased));
        return true;
    }
}
