package io.conv4j.onnx;

import io.conv4j.layer.Binary;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Layer;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** MatMul and Gemm. */
final class MatrixOperators {
    private MatrixOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "MatMul" -> forms.one(1, node -> product(node, node.input(0), node.input(1), node::result));
            case "Gemm" -> forms.one(1, MatrixOperators::general);
            default -> {}
        }
    }

    /** How the layer that makes the product is added. */
    @FunctionalInterface
    interface Last {
        /** The layer's output. */
        Operand add(Layer layer, Operand... from);
    }

    /** Vectors are matrices of one row or column for the time of the product. */
    static Operand product(NodeContext node, Operand a, Operand b, Last last) {
        boolean row = a.shape().rank() == 1;
        boolean column = b.shape().rank() == 1;
        if (!row && !column) {
            return last.add(new MatMul(), a, b);
        }
        Operand left = row ? node.add(new Reshape(Shape.of(1, a.shape().elements())), a) : a;
        Operand right = column ? node.add(new Reshape(Shape.of(b.shape().elements(), 1)), b) : b;
        Operand matrix = node.add(new MatMul(), left, right);
        List<Integer> extents = IntStream.range(0, matrix.shape().rank())
                .filter(axis -> !(row && axis == matrix.shape().rank() - 2))
                .filter(axis -> !(column && axis == matrix.shape().rank() - 1))
                .mapToObj(matrix.shape()::extent)
                .toList();
        return last.add(new Reshape(Shape.of(extents)), matrix);
    }

    /** α·A·B + β·C: a dense layer where the bias is one number per column, with both factors put into the weights. */
    private static Operand general(NodeContext node) {
        float alpha = node.attributes().real("alpha", 1);
        float beta = node.attributes().real("beta", 1);
        Operand a = node.input(0);
        Operand b = node.input(1);
        if (a.shape().rank() != 2 || b.shape().rank() != 2) {
            throw new ModelFormatException("Gemm takes matrices, got " + a + " and " + b);
        }
        Operand left = node.attributes().flag("transA", false) ? transposed(node, a) : a;
        boolean weightsAreRows = node.attributes().flag("transB", false);
        Operand scaled = alpha == 1 ? b : node.add(ElementwiseOperators.linear(alpha, 0), b);
        Operand weights = weightsAreRows ? scaled : transposed(node, scaled);
        Operand c = beta == 0 ? null : node.optional(2);
        Operand bias = c == null || beta == 1 ? c : node.add(ElementwiseOperators.linear(beta, 0), c);
        if (bias == null) {
            return node.result(new Dense(), left, weights);
        }
        Operand perColumn = perColumn(node, bias, weights.shape().extent(0));
        if (perColumn != null) {
            return node.result(new Dense(), left, weights, perColumn);
        }
        return node.result(new Binary(Binary.Op.ADD), node.add(new Dense(), left, weights), bias);
    }

    private static Operand transposed(NodeContext node, Operand matrix) {
        return node.add(new Transpose(List.of(1, 0)), matrix);
    }

    private static @Nullable Operand perColumn(NodeContext node, Operand bias, int columns) {
        Shape shape = bias.shape();
        if (shape.equals(Shape.of(columns))) {
            return bias;
        }
        boolean oneRow = shape.rank() == 2 && shape.extent(0) == 1 && shape.extent(1) == columns;
        if (oneRow) {
            return node.add(new Reshape(Shape.of(columns)), bias);
        }
        return shape.elements() == 1 && shape.rank() < 2 ? node.add(new Expand(Shape.of(columns)), bias) : null;
    }
}
