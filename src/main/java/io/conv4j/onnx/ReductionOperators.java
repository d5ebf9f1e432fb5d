package io.conv4j.onnx;

import io.conv4j.layer.Reduce;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The Reduce… operators: axes as an attribute, later as an input. */
final class ReductionOperators {
    private ReductionOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "ReduceSum" -> reduction(forms, Reduce.Kind.SUM, 13);
            case "ReduceMean" -> reduction(forms, Reduce.Kind.MEAN, 18);
            case "ReduceMax" -> reduction(forms, Reduce.Kind.MAX, 18);
            case "ReduceMin" -> reduction(forms, Reduce.Kind.MIN, 18);
            case "ReduceProd" -> reduction(forms, Reduce.Kind.PRODUCT, 18);
            case "ReduceL1" -> reduction(forms, Reduce.Kind.L1, 18);
            case "ReduceL2" -> reduction(forms, Reduce.Kind.L2, 18);
            case "ReduceSumSquare" -> reduction(forms, Reduce.Kind.SUM_OF_SQUARES, 18);
            case "ReduceLogSum" -> reduction(forms, Reduce.Kind.LOG_SUM, 18);
            case "ReduceLogSumExp" -> reduction(forms, Reduce.Kind.LOG_SUM_EXP, 18);
            default -> {}
        }
    }

    private static void reduction(OperatorForms forms, Reduce.Kind kind, int axesAreInputSince) {
        forms.one(1, node -> reduce(node, kind, node.attributes().integers("axes")));
        forms.one(axesAreInputSince, node -> {
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
