package io.conv4j.onnx;

import io.conv4j.layer.Reduce;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The Reduce… operators: axes as an attribute, later as an input. */
final class ReductionOperators {
    private ReductionOperators() {}

    static void register(OperatorTable table) {
        reduction(table, "ReduceSum", Reduce.Kind.SUM, 13);
        reduction(table, "ReduceMean", Reduce.Kind.MEAN, 18);
        reduction(table, "ReduceMax", Reduce.Kind.MAX, 18);
        reduction(table, "ReduceMin", Reduce.Kind.MIN, 18);
        reduction(table, "ReduceProd", Reduce.Kind.PRODUCT, 18);
        reduction(table, "ReduceL1", Reduce.Kind.L1, 18);
        reduction(table, "ReduceL2", Reduce.Kind.L2, 18);
        reduction(table, "ReduceSumSquare", Reduce.Kind.SUM_OF_SQUARES, 18);
        reduction(table, "ReduceLogSum", Reduce.Kind.LOG_SUM, 18);
        reduction(table, "ReduceLogSumExp", Reduce.Kind.LOG_SUM_EXP, 18);
    }

    private static void reduction(OperatorTable table, String operator, Reduce.Kind kind, int axesAreInputSince) {
        table.one(operator, 1, node -> reduce(node, kind, node.attributes().integers("axes")));
        table.one(operator, axesAreInputSince, node -> {
            List<Long> axes = node.has(1) ? MovementOperators.list(node.longs(1)) : List.of();
            boolean nothing = axes.isEmpty() && node.attributes().flag("noop_with_empty_axes", false);
            return nothing ? alone(node, kind) : reduce(node, kind, axes);
        });
    }

    /** A reduction over no axis: every element is reduced alone. */
    private static Operand alone(NodeContext node, Reduce.Kind kind) {
        return switch (kind) {
            case SUM, MEAN, MAX, MIN, PRODUCT -> node.input(0);
            default -> node.result(new Reduce(kind, List.of(), true), node.input(0));
        };
    }

    private static Operand reduce(NodeContext node, Reduce.Kind kind, List<Long> written) {
        Operand src = node.input(0);
        int rank = src.shape().rank();
        List<Integer> axes = new ArrayList<>();
        for (long axis : written) {
            axes.add(NodeContext.axis(axis, rank));
        }
        if (axes.isEmpty()) {
            axes = IntStream.range(0, rank).boxed().toList();
        }
        return node.result(new Reduce(kind, axes, node.attributes().flag("keepdims", true)), src);
    }
}
