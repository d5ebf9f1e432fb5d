package io.conv4j.onnx;

import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Softmax;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Normalisations, softmax among them. Those by a tensor's own statistics are put together from reductions. */
final class NormalizationOperators {
    private static final Activation SQUARE_ROOT = Activation.of(Activation.Kind.SQRT);
    private static final Activation RECIPROCAL = Activation.of(Activation.Kind.RECIPROCAL);

    private NormalizationOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "LRN" -> forms.one(1, NormalizationOperators::localResponse);
            case "InstanceNormalization" -> forms.one(1, NormalizationOperators::instance);
            case "GroupNormalization" -> forms.one(18, NormalizationOperators::group);
            case "LayerNormalization" -> forms.many(17, NormalizationOperators::layer);
            case "RMSNormalization" -> forms.one(23, NormalizationOperators::rootMeanSquare);
            case "Softmax" -> {
                forms.one(1, node -> softmaxOfRows(node, false));
                forms.one(13, node -> softmax(node, false));
            }
            case "LogSoftmax" -> {
                forms.one(1, node -> softmaxOfRows(node, true));
                forms.one(13, node -> softmax(node, true));
            }
            default -> {}
        }
    }

    private static Operand localResponse(NodeContext node) {
        return node.result(
                new LocalResponseNormalization(
                        NodeContext.narrow(node.attributes().integer("size")),
                        node.attributes().real("alpha", 1e-4f),
                        node.attributes().real("beta", 0.75f),
                        node.attributes().real("bias", 1)),
                node.input(0));
    }

    private static Operand instance(NodeContext node) {
        Operand src = node.input(0);
        int rank = src.shape().rank();
        List<Integer> axes = IntStream.range(2, rank).boxed().toList();
        Operand normal = normalised(node, src, axes).normal();
        return scaled(node, normal, perChannel(node, node.input(1), rank), perChannel(node, node.input(2), rank));
    }

    /** A vector over channels, with the axes after them. */
    static Operand perChannel(NodeContext node, Operand vector, int rank) {
        int[] extents = new int[Math.max(1, rank - 1)];
        Arrays.fill(extents, 1);
        extents[0] = vector.shape().elements();
        return node.add(new Reshape(Shape.of(extents)), vector);
    }

    private record Normalised(Operand normal, Operand mean, Operand inverseDeviation) {}

    /** (x − mean) / √(variance + epsilon) over some axes. */
    private static Normalised normalised(NodeContext node, Operand src, List<Integer> axes) {
        float epsilon = node.attributes().real("epsilon", 1e-5f);
        Operand mean = node.add(new Reduce(Reduce.Kind.MEAN, axes, true), src);
        Operand centred = node.add(new Binary(Binary.Op.SUB), src, mean);
        Operand square = node.add(new Binary(Binary.Op.MUL), centred, centred);
        Operand inverse = inverseRoot(node, node.add(new Reduce(Reduce.Kind.MEAN, axes, true), square), epsilon);
        return new Normalised(node.add(new Binary(Binary.Op.MUL), centred, inverse), mean, inverse);
    }

    static Operand inverseRoot(NodeContext node, Operand mean, float epsilon) {
        return node.add(RECIPROCAL, node.add(SQUARE_ROOT, node.add(ElementwiseOperators.linear(1, epsilon), mean)));
    }

    private static Operand scaled(NodeContext node, Operand normal, Operand scale, @Nullable Operand bias) {
        if (bias == null) {
            return node.result(new Binary(Binary.Op.MUL), normal, scale);
        }
        return node.result(new Binary(Binary.Op.ADD), node.add(new Binary(Binary.Op.MUL), normal, scale), bias);
    }

    /** Over the channels of a group and all spatial axes; scale and bias per group before opset 21, then per channel. */
    private static Operand group(NodeContext node) {
        Operand src = node.input(0);
        Shape shape = src.shape();
        int groups = NodeContext.narrow(node.attributes().integer("num_groups"));
        if (shape.rank() < 2 || groups < 1 || shape.extent(1) % groups != 0) {
            throw new ModelFormatException(groups + " groups of the channels of " + shape);
        }
        List<Integer> grouped = new ArrayList<>(List.of(shape.extent(0), groups, shape.extent(1) / groups));
        for (int axis = 2; axis < shape.rank(); axis++) {
            grouped.add(shape.extent(axis));
        }
        List<Integer> axes = IntStream.range(2, grouped.size()).boxed().toList();
        Operand normal = normalised(node, node.add(new Reshape(Shape.of(grouped)), src), axes)
                .normal();
        if (node.opset() < 21) {
            Operand scale = perChannel(node, node.input(1), grouped.size());
            Operand bias = perChannel(node, node.input(2), grouped.size());
            Operand scaled = node.add(new Binary(Binary.Op.MUL), normal, scale);
            return node.result(new Reshape(shape), node.add(new Binary(Binary.Op.ADD), scaled, bias));
        }
        Operand flat = node.add(new Reshape(shape), normal);
        return scaled(
                node,
                flat,
                perChannel(node, node.input(1), shape.rank()),
                perChannel(node, node.input(2), shape.rank()));
    }

    private static List<Integer> trailingAxes(NodeContext node) {
        int rank = node.input(0).shape().rank();
        int first = NodeContext.axis(node.attributes().integer("axis", -1), rank);
        return IntStream.range(first, rank).boxed().toList();
    }

    private static List<Operand> layer(NodeContext node) {
        Normalised parts = normalised(node, node.input(0), trailingAxes(node));
        Operand result = scaled(node, parts.normal(), node.input(1), node.optional(2));
        return List.of(result, parts.mean(), parts.inverseDeviation());
    }

    private static Operand rootMeanSquare(NodeContext node) {
        Operand src = node.input(0);
        Operand square = node.add(new Binary(Binary.Op.MUL), src, src);
        Operand mean = node.add(new Reduce(Reduce.Kind.MEAN, trailingAxes(node), true), square);
        Operand inverse = inverseRoot(node, mean, node.attributes().real("epsilon", 1e-5f));
        return scaled(node, node.add(new Binary(Binary.Op.MUL), src, inverse), node.input(1), null);
    }

    private static Operand softmax(NodeContext node, boolean logarithm) {
        int rank = node.input(0).shape().rank();
        int axis = NodeContext.axis(node.attributes().integer("axis", -1), Math.max(1, rank));
        return node.result(new Softmax(axis, logarithm), node.input(0));
    }

    /** Before opset 13 the input counted as a matrix cut at {@code axis}, and each row was summed over. */
    private static Operand softmaxOfRows(NodeContext node, boolean logarithm) {
        Operand src = node.input(0);
        Shape shape = src.shape();
        int cut = NodeContext.axis(node.attributes().integer("axis", 1), Math.max(1, shape.rank()));
        int columns = MovementOperators.product(shape, cut, shape.rank());
        if (columns == shape.extent(cut)) {
            return node.result(new Softmax(cut, logarithm), src);
        }
        Shape matrix = Shape.of(MovementOperators.product(shape, 0, cut), columns);
        Operand rows = node.add(new Softmax(1, logarithm), node.add(new Reshape(matrix), src));
        return node.result(new Reshape(shape), rows);
    }
}
