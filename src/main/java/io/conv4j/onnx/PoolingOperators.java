package io.conv4j.onnx;

import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** MaxPool, AveragePool and the global poolings. */
final class PoolingOperators {
    private PoolingOperators() {}

    static void register(OperatorTable table) {
        table.one("MaxPool", 1, node -> pooling(node, Pooling.Kind.MAX));
        table.one("AveragePool", 1, PoolingOperators::average);
        table.one("GlobalMaxPool", 1, node -> global(node, Pooling.Kind.MAX, Reduce.Kind.MAX));
        table.one("GlobalAveragePool", 1, node -> global(node, Pooling.Kind.AVERAGE_EXCLUDE_PADDING, Reduce.Kind.MEAN));
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
