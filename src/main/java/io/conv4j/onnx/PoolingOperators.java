package io.conv4j.onnx;

import io.conv4j.layer.MaxPoolingWithIndices;
import io.conv4j.layer.MaxUnpooling;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** MaxPool, MaxUnpool, AveragePool and the global poolings. */
final class PoolingOperators {
    private PoolingOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "MaxPool" -> forms.many(1, PoolingOperators::maximum);
            case "MaxUnpool" -> forms.one(9, PoolingOperators::unpooling);
            case "AveragePool" -> forms.one(1, PoolingOperators::average);
            case "GlobalMaxPool" -> forms.one(1, node -> global(node, Pooling.Kind.MAX, Reduce.Kind.MAX));
            case "GlobalAveragePool" ->
                forms.one(1, node -> global(node, Pooling.Kind.AVERAGE_EXCLUDE_PADDING, Reduce.Kind.MEAN));
            default -> {}
        }
    }

    private static List<Operand> maximum(NodeContext node) {
        if (!node.wanted(1)) {
            return List.of(pooling(node, Pooling.Kind.MAX));
        }
        Operand src = node.input(0);
        MaxPoolingWithIndices layer = new MaxPoolingWithIndices(
                Windows.of(node, Windows.kernel(node), src.shape()),
                node.attributes().flag("ceil_mode", false),
                node.attributes().flag("storage_order", false));
        return node.results(layer, src);
    }

    /**
     * Indices count in the shape that follows from the window; where an output shape is given, zeros are added after it, as
     * ONNX's own test has it.
     */
    private static Operand unpooling(NodeContext node) {
        MaxUnpooling layer = new MaxUnpooling(Windows.padded(node, Windows.unpadded(node, Windows.kernel(node))));
        if (!node.has(2)) {
            return node.result(layer, node.input(0), node.input(1));
        }
        Operand unpooled = node.add(layer, node.input(0), node.input(1));
        Shape shape = unpooled.shape();
        Shape wanted = Shape.ofLongs(node.longs(2));
        List<Integer> after = new ArrayList<>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            boolean fits = wanted.rank() == shape.rank()
                    && (axis < 2
                            ? wanted.extent(axis) == shape.extent(axis)
                            : wanted.extent(axis) >= shape.extent(axis));
            if (!fits) {
                throw new UnsupportedNode("output shape " + wanted + " does not hold what is put back, " + shape);
            }
            after.add(wanted.extent(axis) - shape.extent(axis));
        }
        List<Integer> before = Collections.nCopies(after.size(), 0);
        return node.result(new Pad(Pad.Mode.CONSTANT, before, after, 0), unpooled);
    }

    private static Operand average(NodeContext node) {
        return pooling(
                node,
                node.attributes().flag("count_include_pad", false)
                        ? Pooling.Kind.AVERAGE_INCLUDE_PADDING
                        : Pooling.Kind.AVERAGE_EXCLUDE_PADDING);
    }

    private static Operand pooling(NodeContext node, Pooling.Kind kind) {
        Operand src = node.input(0);
        Window window = Windows.of(node, Windows.kernel(node), src.shape());
        return node.result(new Pooling(kind, window, node.attributes().flag("ceil_mode", false)), src);
    }

    /** A window as large as the input, or a reduction where no window has as many axes. */
    private static Operand global(NodeContext node, Pooling.Kind kind, Reduce.Kind reduction) {
        Operand src = node.input(0);
        Shape shape = src.shape();
        if (shape.rank() >= 3 && shape.rank() <= 5 && shape.elements() > 0) {
            int[] kernel = Arrays.copyOfRange(shape.extents(), 2, shape.rank());
            return node.result(new Pooling(kind, Window.of(kernel)), src);
        }
        List<Integer> axes = IntStream.range(2, shape.rank()).boxed().toList();
        return node.result(new Reduce(reduction, axes, true), src);
    }
}
