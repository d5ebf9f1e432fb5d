package io.conv4j.onnx;

import io.conv4j.layer.Expand;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Operators that deal in shapes and constants, or steer the graph: known at import, nothing is left of them in a run. */
final class ShapeOperators {
    private ShapeOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Shape" -> forms.one(1, ShapeOperators::shape);
            case "Size" ->
                forms.one(
                        1,
                        node -> node.constant(
                                "size",
                                Tensor.ofLongs(Shape.of(), node.input(0).shape().elements())));
            case "Constant" -> forms.one(1, ShapeOperators::constant);
            case "ConstantOfShape" -> forms.one(9, ShapeOperators::constantOfShape);
            case "Range" -> forms.one(11, ShapeOperators::range);
            case "If" -> forms.many(1, ShapeOperators::branch);
            case "Dropout" -> forms.many(1, ShapeOperators::dropout);
            default -> {}
        }
    }

    private static Operand shape(NodeContext node) {
        long[] extents = node.input(0).shape().toLongs();
        int rank = extents.length;
        int start = bound(node.attributes().integer("start", 0), rank);
        int end = bound(node.attributes().integer("end", rank), rank);
        long[] part = start < end ? Arrays.copyOfRange(extents, start, end) : new long[0];
        return node.constant("shape", Tensor.ofLongs(Shape.of(part.length), part));
    }

    private static int bound(long axis, int rank) {
        return (int) Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
    }

    private static Operand constant(NodeContext node) {
        Attributes attributes = node.attributes();
        if (attributes.has("value")) {
            TensorMessage value = attributes.tensor("value");
            if (ElementType.of(value.dataType()).isEmpty()) {
                throw new UnsupportedNode("a constant of " + ElementType.word(value.dataType()));
            }
            return node.constant("value", node.read(value));
        }
        if (attributes.has("value_int")) {
            return node.constant("value", Tensor.ofLongs(Shape.of(), attributes.integer("value_int")));
        }
        if (attributes.has("value_float")) {
            return node.constant("value", Tensor.of(Shape.of(), attributes.real("value_float", 0)));
        }
        if (attributes.has("value_ints")) {
            long[] values = MovementOperators.longs(attributes.integers("value_ints"));
            return node.constant("value", Tensor.ofLongs(Shape.of(values.length), values));
        }
        if (attributes.has("value_floats")) {
            List<Float> values = attributes.reals("value_floats");
            Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(values.size()));
            for (int i = 0; i < values.size(); i++) {
                tensor.set(i, values.get(i));
            }
            return node.constant("value", tensor);
        }
        throw new UnsupportedNode("a constant that is not made of numbers");
    }

    private static Operand constantOfShape(NodeContext node) {
        Shape shape = Shape.ofLongs(node.longs(0));
        Tensor value = Tensor.of(Shape.of(), 0f);
        if (node.attributes().has("value")) {
            TensorMessage written = node.attributes().tensor("value");
            if (ElementType.of(written.dataType()).isEmpty()) {
                throw new UnsupportedNode("a constant of " + ElementType.word(written.dataType()));
            }
            value = node.read(written);
        }
        if (value.shape().elements() != 1) {
            throw new ModelFormatException("value should be one number, got " + value.type());
        }
        return node.result(new Expand(shape), node.constant("value", value.reshape(Shape.of())));
    }

    private static Operand range(NodeContext node) {
        DataType type = node.input(0).dataType();
        if (type.floating()) {
            double start = node.number(0);
            double step = node.number(2);
            Tensor tensor = room(type, Math.ceil((node.number(1) - start) / step));
            for (int i = 0; i < tensor.shape().elements(); i++) {
                tensor.set(i, start + i * step);
            }
            return node.constant("range", tensor);
        }
        node.number(0);
        long start = node.longs(0)[0];
        node.number(2);
        long step = node.longs(2)[0];
        Tensor tensor = room(type, Math.ceil((node.number(1) - start) / step));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.setLong(i, start + i * step);
        }
        return node.constant("range", tensor);
    }

    private static Tensor room(DataType type, double count) {
        if (!(count * type.bytes() <= Folding.LARGEST_RESULT)) {
            throw new UnsupportedNode("a range of " + count + " numbers");
        }
        return Tensor.zeros(type, Shape.of((int) Math.max(0, count)));
    }

    /** The branch taken is known, as conditions depend on shapes; the other one is not looked at. */
    private static List<Operand> branch(NodeContext node) {
        boolean taken = node.number(0) != 0;
        return node.inline(node.attributes().graph(taken ? "then_branch" : "else_branch"));
    }

    /** What a network trained with dropout does when it is used: nothing. */
    private static List<Operand> dropout(NodeContext node) {
        boolean training = node.opset() < 7
                ? !node.attributes().flag("is_test", false) && node.wanted(1)
                : node.has(2) && node.number(2) != 0;
        if (training) {
            throw new UnsupportedNode("training mode");
        }
        Operand src = node.input(0);
        if (!node.wanted(1)) {
            return List.of(src);
        }
        Tensor kept = Tensor.zeros(node.opset() < 10 ? src.dataType() : DataType.BOOL, Shape.of());
        kept.set(0, 1);
        return List.of(src, node.result(1, new Expand(src.shape()), node.constant("kept", kept)));
    }
}
