package io.conv4j.onnx;

import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Where;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** Functions of several elements with broadcasting, and casts. */
final class ArithmeticOperators {
    /** Attribute values of Cast before opset 6. */
    private static final Map<String, DataType> TYPE_NAMES = Map.of(
            "FLOAT", DataType.F32,
            "DOUBLE", DataType.F32,
            "FLOAT16", DataType.F32,
            "INT32", DataType.S32,
            "INT64", DataType.S64,
            "UINT8", DataType.U8,
            "INT8", DataType.S8,
            "BOOL", DataType.BOOL);

    private ArithmeticOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Add" -> binary(forms, Binary.Op.ADD);
            case "Sub" -> binary(forms, Binary.Op.SUB);
            case "Mul" -> binary(forms, Binary.Op.MUL);
            case "Div" -> binary(forms, Binary.Op.DIV);
            case "Equal" -> binary(forms, Binary.Op.EQUAL);
            case "Less" -> binary(forms, Binary.Op.LESS);
            case "Greater" -> binary(forms, Binary.Op.GREATER);
            case "LessOrEqual" -> binary(forms, Binary.Op.LESS_OR_EQUAL);
            case "GreaterOrEqual" -> binary(forms, Binary.Op.GREATER_OR_EQUAL);
            case "And" -> binary(forms, Binary.Op.AND);
            case "Or" -> binary(forms, Binary.Op.OR);
            case "Xor" -> binary(forms, Binary.Op.XOR);
            case "Pow" -> forms.one(1, ArithmeticOperators::power);
            case "Mod" -> forms.one(10, ArithmeticOperators::modulo);
            case "Sum" -> forms.one(1, node -> chain(node, Binary.Op.ADD));
            case "Max" -> forms.one(1, node -> chain(node, Binary.Op.MAX));
            case "Min" -> forms.one(1, node -> chain(node, Binary.Op.MIN));
            case "Mean" -> forms.one(1, ArithmeticOperators::mean);
            case "Where" -> forms.one(9, node -> node.result(new Where(), node.input(0), node.input(1), node.input(2)));
            case "Cast" -> {
                forms.one(1, node -> cast(node, namedType(node.attributes().text("to", ""))));
                forms.one(6, node -> cast(node, numberedType(node)));
            }
            case "CastLike" -> forms.one(15, node -> cast(node, node.input(1).dataType()));
            default -> {}
        }
    }

    private static void binary(OperatorForms forms, Binary.Op op) {
        forms.one(1, node -> node.result(new Binary(op), node.input(0), legacyBroadcast(node)));
        forms.one(7, node -> node.result(new Binary(op), node.input(0), node.input(1)));
    }

    /** Before opset 7 the second operand lay along consecutive axes of the first, from {@code axis} on. */
    private static Operand legacyBroadcast(NodeContext node) {
        Shape first = node.input(0).shape();
        Operand second = node.input(1);
        if (!node.attributes().flag("broadcast", false)) {
            return second;
        }
        int rank = second.shape().rank();
        int axis = node.attributes().has("axis")
                ? NodeContext.axis(node.attributes().integer("axis", 0), Math.max(1, first.rank()))
                : first.rank() - rank;
        int after = first.rank() - axis - rank;
        if (axis < 0 || after <= 0) {
            return second;
        }
        int[] extents = Arrays.copyOf(second.shape().extents(), rank + after);
        Arrays.fill(extents, rank, rank + after, 1);
        return node.add(new Reshape(Shape.of(extents)), second);
    }

    private static Operand power(NodeContext node) {
        Operand base = node.input(0);
        Operand exponent = node.opset() < 7 ? legacyBroadcast(node) : node.input(1);
        DataType type = base.dataType();
        if (exponent.dataType() == type) {
            return node.result(new Binary(Binary.Op.POW), base, exponent);
        }
        if (type.floating() || !exponent.dataType().floating()) {
            return node.result(new Binary(Binary.Op.POW), base, node.add(new Cast(type), exponent));
        }
        Operand real = node.add(
                new Binary(Binary.Op.POW),
                node.add(new Cast(DataType.F32), base),
                node.add(new Cast(DataType.F32), exponent));
        return node.result(new Cast(type), real);
    }

    private static Operand modulo(NodeContext node) {
        if (node.attributes().flag("fmod", false)) {
            throw new UnsupportedNode("fmod=1, the remainder with the sign of the dividend");
        }
        return node.result(new Binary(Binary.Op.MOD), node.input(0), node.input(1));
    }

    private static Operand chain(NodeContext node, Binary.Op op) {
        Operand[] all = node.all();
        Operand result = all[0];
        for (int i = 1; i < all.length; i++) {
            result = i + 1 < all.length
                    ? node.add(new Binary(op), result, all[i])
                    : node.result(new Binary(op), result, all[i]);
        }
        return result;
    }

    private static Operand mean(NodeContext node) {
        Operand[] all = node.all();
        Operand sum = all[0];
        for (int i = 1; i < all.length; i++) {
            sum = node.add(new Binary(Binary.Op.ADD), sum, all[i]);
        }
        return node.result(new Activation(Activation.Kind.LINEAR, 1f / all.length, 0), sum);
    }

    private static Operand cast(NodeContext node, DataType type) {
        Operand src = node.input(0);
        return src.dataType() == type ? src : node.result(new Cast(type), src);
    }

    private static DataType namedType(String name) {
        DataType type = TYPE_NAMES.get(name.toUpperCase(Locale.ROOT));
        if (type == null) {
            throw new UnsupportedNode("a cast to '" + name + "'");
        }
        return type;
    }

    private static DataType numberedType(NodeContext node) {
        int code = NodeContext.narrow(node.attributes().integer("to"));
        return ElementType.of(code)
                .map(ElementType::type)
                .orElseThrow(() -> new UnsupportedNode("a cast to " + ElementType.word(code)));
    }
}
