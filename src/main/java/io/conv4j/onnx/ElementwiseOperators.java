package io.conv4j.onnx;

import static io.conv4j.layer.Activation.Kind;

import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Where;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;

/** Functions of one element: activations and unary arithmetic. */
final class ElementwiseOperators {
    private ElementwiseOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Relu" -> plain(forms, Kind.RELU);
            case "Sigmoid" -> plain(forms, Kind.SIGMOID);
            case "Tanh" -> plain(forms, Kind.TANH);
            case "Exp" -> plain(forms, Kind.EXP);
            case "Log" -> plain(forms, Kind.LOG);
            case "Sqrt" -> plain(forms, Kind.SQRT);
            case "Abs" -> plain(forms, Kind.ABS);
            case "Neg" -> plain(forms, Kind.NEGATE);
            case "Reciprocal" -> plain(forms, Kind.RECIPROCAL);
            case "Floor" -> plain(forms, Kind.FLOOR);
            case "Ceil" -> plain(forms, Kind.CEIL);
            case "Round" -> plain(forms, Kind.ROUND);
            case "Erf" -> plain(forms, Kind.ERF);
            case "Not" -> plain(forms, Kind.NOT);
            case "HardSwish" -> forms.one(14, node -> node.result(Activation.hardSwish(), node.input(0)));
            case "LeakyRelu" -> forms.one(1, node -> alpha(node, Kind.LEAKY_RELU, 0.01f));
            case "Elu" -> forms.one(1, node -> alpha(node, Kind.ELU, 1));
            case "Swish" -> forms.one(24, node -> alpha(node, Kind.SWISH, 1));
            case "HardSigmoid" ->
                forms.one(
                        1,
                        node -> node.result(
                                new Activation(
                                        Kind.HARD_SIGMOID,
                                        node.attributes().real("alpha", 0.2f),
                                        node.attributes().real("beta", 0.5f)),
                                node.input(0)));
            case "Clip" -> {
                forms.one(1, node -> ClipOperator.byAttributes(node));
                forms.one(11, node -> ClipOperator.byInputs(node));
            }
            case "PRelu" -> forms.one(1, ElementwiseOperators::parametricRelu);
            case "Selu" -> forms.one(1, ElementwiseOperators::selu);
            case "Celu" -> forms.one(12, ElementwiseOperators::celu);
            case "Softplus" ->
                forms.one(
                        1,
                        node -> node.result(
                                new Binary(Binary.Op.ADD),
                                positivePart(node, node.input(0)),
                                logOnePlus(node, node.input(0))));
            case "Softsign" -> forms.one(1, ElementwiseOperators::softsign);
            case "Mish" -> forms.one(18, ElementwiseOperators::mish);
            case "Gelu" -> forms.one(20, ElementwiseOperators::gelu);
            case "ThresholdedRelu" -> forms.one(10, ElementwiseOperators::thresholdedRelu);
            default -> {}
        }
    }

    private static void plain(OperatorForms forms, Kind kind) {
        forms.one(1, node -> node.result(Activation.of(kind), node.input(0)));
    }

    private static Operand alpha(NodeContext node, Kind kind, float absent) {
        return node.result(new Activation(kind, node.attributes().real("alpha", absent), 0), node.input(0));
    }

    static Activation linear(float factor, float summand) {
        return new Activation(Kind.LINEAR, factor, summand);
    }

    private static Operand parametricRelu(NodeContext node) {
        Operand src = node.input(0);
        Operand slope = node.input(1);
        if (node.opset() < 7 && slope.shape().rank() == 1 && src.shape().rank() > 2) {
            // One slope per channel; later opsets broadcast from the last axis instead.
            int[] extents = new int[src.shape().rank() - 1];
            java.util.Arrays.fill(extents, 1);
            extents[0] = slope.shape().elements();
            slope = node.add(new Reshape(Shape.of(extents)), slope);
        }
        io.conv4j.tensor.Tensor known = slope.tensor();
        if (known != null && known.shape().elements() == 1 && src.dataType().floating()) {
            return node.result(new Activation(Kind.LEAKY_RELU, (float) known.get(0), 0), src);
        }
        Operand negative = node.add(new Binary(Binary.Op.MUL), slope, negativePart(node, src));
        return node.result(new Binary(Binary.Op.ADD), positivePart(node, src), negative);
    }

    private static Operand positivePart(NodeContext node, Operand src) {
        return node.add(Activation.relu(), src);
    }

    private static Operand negativePart(NodeContext node, Operand src) {
        return node.add(new Binary(Binary.Op.MIN), src, node.scalar(src.dataType(), 0));
    }

    private static Operand selu(NodeContext node) {
        float alpha = node.attributes().real("alpha", node.opset() < 6 ? 1.6732f : 1.6732632f);
        float gamma = node.attributes().real("gamma", node.opset() < 6 ? 1.0507f : 1.050701f);
        Operand elu = node.add(new Activation(Kind.ELU, alpha, 0), node.input(0));
        return node.result(linear(gamma, 0), elu);
    }

    /** max(x, 0) + min(α(eˣᐟᵅ − 1), 0), which is α · ELU(x/α). */
    private static Operand celu(NodeContext node) {
        float alpha = node.attributes().real("alpha", 1);
        if (alpha == 1) {
            return node.result(new Activation(Kind.ELU, 1, 0), node.input(0));
        }
        Operand elu = node.add(new Activation(Kind.ELU, 1, 0), node.add(linear(1 / alpha, 0), node.input(0)));
        return node.result(linear(alpha, 0), elu);
    }

    /** ln(1 + e^−|x|), which added to max(x, 0) is ln(1 + eˣ) without overflow. */
    private static Operand logOnePlus(NodeContext node, Operand src) {
        Operand magnitude = node.add(Activation.of(Kind.ABS), src);
        Operand power = node.add(Activation.of(Kind.EXP), node.add(Activation.of(Kind.NEGATE), magnitude));
        return node.add(Activation.of(Kind.LOG), node.add(linear(1, 1), power));
    }

    private static Operand softsign(NodeContext node) {
        Operand src = node.input(0);
        Operand divisor = node.add(linear(1, 1), node.add(Activation.of(Kind.ABS), src));
        return node.result(new Binary(Binary.Op.DIV), src, divisor);
    }

    private static Operand mish(NodeContext node) {
        Operand src = node.input(0);
        Operand softplus = node.add(new Binary(Binary.Op.ADD), positivePart(node, src), logOnePlus(node, src));
        return node.result(new Binary(Binary.Op.MUL), src, node.add(Activation.of(Kind.TANH), softplus));
    }

    /** x/2 · (1 + erf(x/√2)), or its approximation by tanh (Hendrycks and Gimpel 2016). */
    private static Operand gelu(NodeContext node) {
        Operand src = node.input(0);
        Operand inner;
        if (node.attributes().word("approximate", "none", "none", "tanh").equals("none")) {
            inner = node.add(Activation.of(Kind.ERF), node.add(linear((float) Math.sqrt(0.5), 0), src));
        } else {
            Operand cube = node.add(new Activation(Kind.POWER, 0.044715f, 3), src);
            Operand sum = node.add(new Binary(Binary.Op.ADD), src, cube);
            inner = node.add(Activation.of(Kind.TANH), node.add(linear((float) Math.sqrt(2 / Math.PI), 0), sum));
        }
        return node.result(new Binary(Binary.Op.MUL), src, node.add(linear(0.5f, 0.5f), inner));
    }

    private static Operand thresholdedRelu(NodeContext node) {
        Operand src = node.input(0);
        DataType type = src.dataType();
        Operand alpha = node.scalar(type, node.attributes().real("alpha", 1));
        Operand above = node.add(new Binary(Binary.Op.GREATER), src, alpha);
        return node.result(new Where(), above, src, node.scalar(type, 0));
    }
}
