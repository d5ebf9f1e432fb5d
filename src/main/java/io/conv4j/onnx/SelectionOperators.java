package io.conv4j.onnx;

import io.conv4j.evaluate.NonMaxSuppression;
import io.conv4j.layer.ArgReduce;
import io.conv4j.layer.TopK;
import io.conv4j.tensor.Tensor;
import java.util.List;

/** Operators that pick elements by their size. */
final class SelectionOperators {
    private SelectionOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "ArgMax" -> forms.one(1, node -> argReduce(node, ArgReduce.Kind.MAX));
            case "ArgMin" -> forms.one(1, node -> argReduce(node, ArgReduce.Kind.MIN));
            case "NonMaxSuppression" -> forms.one(10, SelectionOperators::nonMaxSuppression);
            case "TopK" -> {
                forms.many(1, node -> topK(node, node.attributes().integer("k")));
                forms.many(10, node -> topK(node, (long) node.number(1)));
            }
            default -> {}
        }
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

    /**
     * How many boxes are kept, an extent of the output, depends on the numbers; as a graph has no open extents, these have
     * to be known now.
     */
    private static Operand nonMaxSuppression(NodeContext node) {
        String advice = "how many boxes are kept depends on it, and shapes are fixed before a run: end the model before"
                + " this node and call NonMaxSuppression.select on its results";
        Tensor boxes = node.constant(0, advice);
        Tensor scores = node.constant(1, advice);
        NonMaxSuppression suppression = new NonMaxSuppression(
                node.has(2) ? (long) node.number(2) : 0,
                node.has(3) ? node.number(3) : 0,
                node.has(4) ? node.number(4) : Double.NEGATIVE_INFINITY,
                node.attributes().flag("center_point_box", false));
        double comparisons = suppression.comparisons(scores.shape());
        if (!node.affords(scores.shape().elements() + comparisons)) {
            throw new UnsupportedNode("up to " + comparisons + " comparisons of boxes, too many at import");
        }
        return node.constant("selected", suppression.select(boxes, scores));
    }
}
