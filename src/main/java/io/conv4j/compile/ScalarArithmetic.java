package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Activation.Kind;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes arithmetic with one constant number as a function of one element (x / 4 as LINEAR, max(x, 0) as RELU), and merges
 * such functions that follow one another. What other passes look for then has one form instead of many.
 */
final class ScalarArithmetic implements Rewriting.Rule {
    @Override
    public void visit(Rewriting graph, Node node) {
        if (node.output().dataType() != DataType.F32) {
            return;
        }
        if (node.layer() instanceof Binary binary) {
            Value a = node.inputs().get(0);
            Value b = node.inputs().get(1);
            if (binary.op() == Binary.Op.DIV && node.output().shape().elements() == 1) {
                // Nothing is gained for one number, and 1/c would be rounded before it is used.
                return;
            }
            if (!substitute(graph, node, a, first(binary.op(), graph.constant(b)))) {
                substitute(graph, node, b, second(binary.op(), graph.constant(a)));
            }
        } else if (node.layer() instanceof Activation activation) {
            merge(graph, node, activation);
        }
    }

    private static boolean substitute(Rewriting graph, Node node, Value src, @Nullable Activation function) {
        if (function == null || !src.type().equals(node.output().type())) {
            return false;
        }
        graph.replace(node, function, List.of(src));
        return true;
    }

    /** The function x op c; null if c is not one number or there is no such function. */
    private static @Nullable Activation first(Binary.Op op, @Nullable Tensor constant) {
        if (constant == null || constant.shape().elements() != 1 || Double.isNaN(constant.get(0))) {
            return null;
        }
        float c = (float) constant.get(0);
        return switch (op) {
            case ADD -> new Activation(Kind.LINEAR, 1, c);
            case SUB -> new Activation(Kind.LINEAR, 1, -c);
            case MUL -> new Activation(Kind.LINEAR, c, 0);
            case DIV -> Float.isFinite(1 / c) && 1 / c != 0 ? new Activation(Kind.LINEAR, 1 / c, 0) : null;
            case POW -> new Activation(Kind.POWER, 1, c);
            case MAX -> c == 0 ? Activation.relu() : Activation.clip(c, Float.POSITIVE_INFINITY);
            case MIN -> Activation.clip(Float.NEGATIVE_INFINITY, c);
            default -> null;
        };
    }

    /** The function c op x; null likewise. */
    private static @Nullable Activation second(Binary.Op op, @Nullable Tensor constant) {
        if (op.isCommutative()) {
            return first(op, constant);
        }
        if (constant == null || constant.shape().elements() != 1 || Double.isNaN(constant.get(0))) {
            return null;
        }
        float c = (float) constant.get(0);
        return switch (op) {
            case SUB -> new Activation(Kind.LINEAR, -1, c);
            case DIV -> new Activation(Kind.POWER, c, -1);
            default -> null;
        };
    }

    private static void merge(Rewriting graph, Node node, Activation activation) {
        Activation outer = plain(activation);
        Node before = graph.producer(node.inputs().get(0));
        if (before != null && graph.isPrivate(before.output()) && before.layer() instanceof Activation inner) {
            Activation both = both(inner, outer);
            if (both != null) {
                graph.replace(node, both, before.inputs());
                return;
            }
        }
        if (!outer.equals(activation)) {
            graph.replace(node, outer, node.inputs());
        }
    }

    /** The form this pass gives to a function that has several. */
    private static Activation plain(Activation activation) {
        if (activation.kind() == Kind.NEGATE) {
            return new Activation(Kind.LINEAR, -1, 0);
        }
        boolean relu = isClip(activation) && low(activation) == 0 && high(activation) == Float.POSITIVE_INFINITY;
        return relu ? Activation.relu() : activation;
    }

    /** One function that is the outer of the inner; null if there is none. */
    private static @Nullable Activation both(Activation inner, Activation outer) {
        if (isClip(inner) && isClip(outer)) {
            float low = (float) outer.apply(low(inner));
            float high = (float) outer.apply(high(inner));
            return plain(Activation.clip(low, high));
        }
        if (inner.kind() != Kind.LINEAR || outer.kind() != Kind.LINEAR && outer.kind() != Kind.HARD_SIGMOID) {
            return null;
        }
        double factor = (double) outer.alpha() * inner.alpha();
        double summand = (double) outer.alpha() * inner.beta() + outer.beta();
        boolean finite = Float.isFinite((float) factor) && Float.isFinite((float) summand);
        return finite ? new Activation(outer.kind(), (float) factor, (float) summand) : null;
    }

    private static boolean isClip(Activation activation) {
        return activation.kind() == Kind.CLIP || activation.kind() == Kind.RELU;
    }

    private static float low(Activation clip) {
        return clip.kind() == Kind.RELU ? 0 : clip.alpha();
    }

    private static float high(Activation clip) {
        return clip.kind() == Kind.RELU ? Float.POSITIVE_INFINITY : clip.beta();
    }
}
