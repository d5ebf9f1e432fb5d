package io.conv4j.onnx;

import static io.conv4j.onnx.NormalizationOperators.perChannel;

import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import java.util.List;
import java.util.stream.IntStream;

/** BatchNormalization by statistics that are given, or, in training mode, by those of the batch. */
final class BatchNormalizationOperator {
    private BatchNormalizationOperator() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "BatchNormalization" -> forms.many(1, BatchNormalizationOperator::convert);
            default -> {}
        }
    }

    private static List<Operand> convert(NodeContext node) {
        boolean spatial =
                node.attributes().flag("spatial", true) || node.input(0).shape().rank() <= 2;
        if (isTraining(node)) {
            if (!spatial) {
                throw new UnsupportedNode("training mode with statistics for every element");
            }
            return trained(node);
        }
        float epsilon = epsilon(node);
        return List.of(
                spatial
                        ? node.result(
                                new BatchNormalization(epsilon),
                                node.input(0),
                                node.input(1),
                                node.input(2),
                                node.input(3),
                                node.input(4))
                        : ofElements(node, epsilon));
    }

    private static float epsilon(NodeContext node) {
        return node.attributes().real("epsilon", 1e-5f);
    }

    /** An attribute says so since opset 14; before, that the statistics are asked for, and in opset 6 and before both. */
    private static boolean isTraining(NodeContext node) {
        if (node.opset() >= 14) {
            return node.attributes().flag("training_mode", false);
        }
        boolean asked = false;
        for (int output = 1; output < 5; output++) {
            asked |= node.wanted(output);
        }
        return asked && (node.opset() >= 7 || !node.attributes().flag("is_test", false));
    }

    /** Opset 8 and before, spatial = 0: statistics for every element, not for every channel. */
    private static Operand ofElements(NodeContext node, float epsilon) {
        Operand inverse = NormalizationOperators.inverseRoot(node, node.input(4), epsilon);
        Operand centred = node.add(new Binary(Binary.Op.SUB), node.input(0), node.input(3));
        Operand normal = node.add(new Binary(Binary.Op.MUL), centred, inverse);
        Operand scaled = node.add(new Binary(Binary.Op.MUL), normal, node.input(1));
        return node.result(new Binary(Binary.Op.ADD), scaled, node.input(2));
    }

    /**
     * (x − mean) / √(variance + epsilon) · scale + bias with the mean and the variance, not corrected for the sample's size,
     * of each channel of the batch; and both mixed into the running ones: running · momentum + batch · (1 − momentum).
     */
    private static List<Operand> trained(NodeContext node) {
        Operand src = node.input(0);
        int rank = src.shape().rank();
        if (rank < 2) {
            throw new ModelFormatException("src should be N, C and spatial axes, got " + src);
        }
        List<Integer> axes =
                IntStream.range(0, rank).filter(axis -> axis != 1).boxed().toList();
        Operand mean = node.add(new Reduce(Reduce.Kind.MEAN, axes, true), src);
        Operand centred = node.add(new Binary(Binary.Op.SUB), src, mean);
        Operand square = node.add(new Binary(Binary.Op.MUL), centred, centred);
        Operand variance = node.add(new Reduce(Reduce.Kind.MEAN, axes, true), square);
        Operand inverse = NormalizationOperators.inverseRoot(node, variance, epsilon(node));
        Operand factor = node.add(new Binary(Binary.Op.MUL), inverse, perChannel(node, node.input(1), rank));
        Operand scaled = node.add(new Binary(Binary.Op.MUL), centred, factor);
        Operand dst = node.result(new Binary(Binary.Op.ADD), scaled, perChannel(node, node.input(2), rank));
        return List.of(dst, mixed(node, 1, node.input(3), mean), mixed(node, 2, node.input(4), variance));
    }

    private static Operand mixed(NodeContext node, int output, Operand running, Operand batch) {
        float momentum = node.attributes().real("momentum", 0.9f);
        Activation share = ElementwiseOperators.linear(momentum, 0);
        Activation rest = ElementwiseOperators.linear(1 - momentum, 0);
        Operand flat = node.add(new Reshape(running.shape()), batch);
        return node.result(output, new Binary(Binary.Op.ADD), node.add(share, running), node.add(rest, flat));
    }
}
