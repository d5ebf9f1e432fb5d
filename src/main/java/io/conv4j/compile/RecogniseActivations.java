package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Activation.Kind;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Where;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds activations that a model spells out in smaller functions: swish, hard-swish and hard-sigmoid, leaky ReLU, softplus,
 * mish, GELU. Expects the form that {@link ScalarArithmetic} leaves.
 */
final class RecogniseActivations implements Rewriting.Rule {
    /** Constants in models are decimal fractions of irrational numbers, rounded to f32. */
    private static final double CLOSE = 1e-5;

    @Override
    public void visit(Rewriting graph, Node node) {
        if (node.output().dataType() != DataType.F32) {
            return;
        }
        if (node.layer() instanceof Activation activation) {
            unary(graph, node, activation);
        } else if (node.layer() instanceof Binary binary) {
            Value a = node.inputs().get(0);
            Value b = node.inputs().get(1);
            if (!binary(graph, node, binary.op(), a, b)) {
                binary(graph, node, binary.op(), b, a);
            }
        } else if (node.layer() instanceof Where) {
            leaky(graph, node);
        }
    }

    /** Softplus as ln(1 + eˣ), and hard-sigmoid as a clipped line. */
    private static void unary(Rewriting graph, Node node, Activation activation) {
        Value src = node.inputs().get(0);
        if (activation.kind() == Kind.LOG) {
            Value power = linear(graph, src, 1, 1);
            Value exponent = power == null ? null : operand(graph, power, Kind.EXP);
            substitute(graph, node, Activation.of(Kind.SOFTPLUS), exponent);
        } else if (activation.kind() == Kind.LINEAR && activation.beta() == 0) {
            Activation clip = function(graph, src, Kind.CLIP);
            Value line = operand(graph, src, Kind.CLIP);
            if (clip != null && clip.alpha() == 0 && close(clip.beta() * activation.alpha(), 1)) {
                substitute(graph, node, new Activation(Kind.HARD_SIGMOID, activation.alpha(), 0), line);
            }
        }
    }

    /** All that is made of x and a function of x. */
    private static boolean binary(Rewriting graph, Node node, Binary.Op op, Value x, Value other) {
        return switch (op) {
            case MUL -> gate(graph, node, x, other) || gelu(graph, node, x, other);
            case MAX -> {
                Activation line = proportional(graph, other, x);
                yield line != null
                        && line.alpha() >= 0
                        && line.alpha() <= 1
                        && substitute(graph, node, new Activation(Kind.LEAKY_RELU, line.alpha(), 0), x);
            }
            case ADD -> {
                // max(x, 0) + ln(1 + e^−|x|) is softplus written so that it does not overflow.
                Value src = operand(graph, x, Kind.RELU);
                yield src != null
                        && src.equals(smallSoftplus(graph, other))
                        && substitute(graph, node, Activation.of(Kind.SOFTPLUS), src);
            }
            default -> false;
        };
    }

    /** x · f(x) for the f that have a name together with x. */
    private static boolean gate(Rewriting graph, Node node, Value x, Value other) {
        Node producer = graph.producer(other);
        if (producer == null || !(producer.layer() instanceof Activation f)) {
            return false;
        }
        Value src = producer.inputs().get(0);
        return switch (f.kind()) {
            case SIGMOID -> {
                Activation line = x.equals(src) ? new Activation(Kind.LINEAR, 1, 0) : proportional(graph, src, x);
                yield line != null && substitute(graph, node, new Activation(Kind.SWISH, line.alpha(), 0), x);
            }
            case HARD_SIGMOID ->
                x.equals(src) && substitute(graph, node, new Activation(Kind.HARD_SWISH, f.alpha(), f.beta()), x);
            case CLIP -> {
                Activation line = function(graph, src, Kind.LINEAR);
                yield line != null
                        && f.alpha() == 0
                        && f.beta() > 0
                        && x.equals(operand(graph, src, Kind.LINEAR))
                        && scaled(
                                graph,
                                node,
                                new Activation(Kind.HARD_SWISH, line.alpha() / f.beta(), line.beta() / f.beta()),
                                x,
                                f.beta());
            }
            case TANH ->
                x.equals(operand(graph, src, Kind.SOFTPLUS)) && substitute(graph, node, Activation.of(Kind.MISH), x);
            default -> false;
        };
    }

    /** qx · (p + p·erf(x/√2)) is 2pq times GELU; likewise with the hyperbolic tangent. */
    private static boolean gelu(Rewriting graph, Node node, Value first, Value other) {
        Activation line = function(graph, other, Kind.LINEAR);
        Value inner = operand(graph, other, Kind.LINEAR);
        if (line == null || inner == null || line.alpha() != line.beta()) {
            return false;
        }
        Value viaErf = linear(graph, operand(graph, inner, Kind.ERF), Math.sqrt(0.5), 0);
        Value viaTanh = geluCubic(graph, linear(graph, operand(graph, inner, Kind.TANH), Math.sqrt(2 / Math.PI), 0));
        Value x = viaErf != null ? viaErf : viaTanh;
        if (x == null) {
            return false;
        }
        Activation gelu = Activation.of(viaErf != null ? Kind.GELU : Kind.GELU_TANH);
        if (first.equals(x)) {
            return scaled(graph, node, gelu, x, 2 * line.alpha());
        }
        Activation factor = proportional(graph, first, x);
        return factor != null && scaled(graph, node, gelu, x, 2 * line.alpha() * factor.alpha());
    }

    /** The x of x + 0.044715x³; null if the value is something else. */
    private static @Nullable Value geluCubic(Rewriting graph, @Nullable Value sum) {
        Node producer = sum == null ? null : graph.producer(sum);
        if (producer == null || !(producer.layer() instanceof Binary binary) || binary.op() != Binary.Op.ADD) {
            return null;
        }
        for (int i = 0; i < 2; i++) {
            Value x = producer.inputs().get(i);
            Value cubic = producer.inputs().get(1 - i);
            Value factored = linear(graph, cubic, 0.044715, 0);
            double factor = factored == null ? 0.044715 : 1;
            Value cube = factored == null ? cubic : factored;
            Activation power = function(graph, cube, Kind.POWER);
            if (power != null
                    && power.beta() == 3
                    && close(power.alpha(), factor)
                    && x.equals(operand(graph, cube, Kind.POWER))) {
                return x;
            }
        }
        return null;
    }

    /** The x of ln(1 + e^−|x|); null if the value is something else. */
    private static @Nullable Value smallSoftplus(Rewriting graph, Value value) {
        Value negative = operand(graph, value, Kind.SOFTPLUS);
        Value magnitude = linear(graph, negative, -1, 0);
        return magnitude == null ? null : operand(graph, magnitude, Kind.ABS);
    }

    /** x where x is above 0, αx elsewhere. */
    private static void leaky(Rewriting graph, Node node) {
        Node comparison = graph.producer(node.inputs().get(0));
        if (comparison == null || !(comparison.layer() instanceof Binary binary)) {
            return;
        }
        Tensor zero = graph.constant(comparison.inputs().get(1));
        boolean above = binary.op() == Binary.Op.GREATER || binary.op() == Binary.Op.GREATER_OR_EQUAL;
        boolean below = binary.op() == Binary.Op.LESS || binary.op() == Binary.Op.LESS_OR_EQUAL;
        if (!above && !below || zero == null || zero.shape().elements() != 1 || zero.get(0) != 0) {
            return;
        }
        Value x = node.inputs().get(above ? 1 : 2);
        Value other = node.inputs().get(above ? 2 : 1);
        Activation line = proportional(graph, other, x);
        if (line != null && x.equals(comparison.inputs().get(0))) {
            substitute(graph, node, new Activation(Kind.LEAKY_RELU, line.alpha(), 0), x);
        }
    }

    /** The line αx that makes a value of x; null if something else does. */
    private static @Nullable Activation proportional(Rewriting graph, Value value, Value x) {
        Activation line = function(graph, value, Kind.LINEAR);
        return line != null && line.beta() == 0 && x.equals(operand(graph, value, Kind.LINEAR)) ? line : null;
    }

    /** The input of the line αx + β that makes a value; null if something else does. */
    private static @Nullable Value linear(Rewriting graph, @Nullable Value value, double alpha, double beta) {
        Activation line = value == null ? null : function(graph, value, Kind.LINEAR);
        boolean same = line != null && close(line.alpha(), alpha) && close(line.beta(), beta);
        return same && value != null ? operand(graph, value, Kind.LINEAR) : null;
    }

    /** The function that makes a value, if it is of this kind. */
    private static @Nullable Activation function(Rewriting graph, Value value, Kind kind) {
        Node producer = graph.producer(value);
        return producer != null && producer.layer() instanceof Activation activation && activation.kind() == kind
                ? activation
                : null;
    }

    /** The input of the function that makes a value, if that is of this kind. */
    private static @Nullable Value operand(Rewriting graph, Value value, Kind kind) {
        Node producer = graph.producer(value);
        return producer != null && function(graph, value, kind) != null
                ? producer.inputs().get(0)
                : null;
    }

    private static boolean close(double a, double b) {
        return Math.abs(a - b) <= CLOSE * Math.max(1e-3, Math.abs(b));
    }

    private static boolean substitute(Rewriting graph, Node node, Activation activation, @Nullable Value src) {
        if (src == null || !src.type().equals(node.output().type())) {
            return false;
        }
        graph.replace(node, activation, List.of(src));
        return true;
    }

    /** A multiple of an activation. */
    private static boolean scaled(Rewriting graph, Node node, Activation activation, Value src, double factor) {
        if (close(factor, 1)) {
            return substitute(graph, node, activation, src);
        }
        Value value = graph.add(node.name(), activation, List.of(src));
        graph.replace(node, new Activation(Kind.LINEAR, (float) factor, 0), List.of(value));
        return true;
    }
}
