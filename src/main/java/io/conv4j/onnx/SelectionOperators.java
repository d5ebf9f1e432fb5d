package io.conv4j.onnx;

import io.conv4j.layer.ArgReduce;
import io.conv4j.layer.TopK;
import java.util.List;

/** Operators that pick elements by their size. */
final class SelectionOperators {
    private SelectionOperators() {}

    static void register(OperatorTable table) {
        table.one("ArgMax", 1, node -> argReduce(node, ArgReduce.Kind.MAX));
        table.one("ArgMin", 1, node -> argReduce(node, ArgReduce.Kind.MIN));
        table.many("TopK", 1, node -> topK(node, node.attributes().integer("k")));
        table.many("TopK", 10, node -> topK(node, (long) node.number(1)));
    }

    private static Operand argReduce(NodeContext node, ArgReduce.Kind kind) {
        Attributes attributes = node.attributes();
        ArgReduce layer = new ArgReduce(
                kind,
                NodeContext.narrow(attributes.integer("axis", 0)),
                attributes.flag("keepdims", true),
                attributes.flag("select_last_index", false));
        return node.result(layer, node.input(0));
    }

    /** Sorted in any case: without the attribute {@code sorted} the order is free. */
    private static List<Operand> topK(NodeContext node, long k) {
        Attributes attributes = node.attributes();
        TopK layer = new TopK(
                NodeContext.narrow(k),
                NodeContext.narrow(attributes.integer("axis", -1)),
                attributes.flag("largest", true));
        return node.results(layer, node.input(0));
    }
}
