package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Folds sums, differences, products and quotients with a constant number, or one per channel, into the weights and bias of
 * the layer before them.
 */
final class FoldScaleShift implements Rewriting.Rule {
    @Override
    public void visit(Rewriting graph, Node node) {
        Shape dst = node.output().shape();
        Value a = node.inputs().get(0);
        if (node.layer() instanceof Activation activation && activation.kind() == Activation.Kind.LINEAR) {
            if (dst.rank() >= 2) {
                int channels = dst.extent(1);
                new ScaleShift(filled(channels, activation.alpha()), filled(channels, activation.beta()))
                        .foldInto(graph, node, a);
            }
        } else if (node.layer() instanceof Binary binary) {
            Value b = node.inputs().get(1);
            double[] right = perChannel(graph.constant(b), dst);
            double[] left = perChannel(graph.constant(a), dst);
            ScaleShift scaleShift =
                    right != null ? first(binary.op(), right) : left != null ? second(binary.op(), left) : null;
            if (scaleShift != null) {
                scaleShift.foldInto(graph, node, right != null ? a : b);
            }
        }
    }

    /** The constant as one number per channel of dst; null if it is not a constant or has more than that. */
    private static double @Nullable [] perChannel(@Nullable Tensor constant, Shape dst) {
        if (constant == null || dst.rank() < 2 || constant.shape().rank() > dst.rank()) {
            return null;
        }
        Shape shape = constant.shape();
        int channelAxis = shape.rank() - dst.rank() + 1;
        int inChannels = channelAxis >= 0 ? shape.extent(channelAxis) : 1;
        if (shape.elements() != inChannels) {
            return null;
        }
        double[] numbers = new double[dst.extent(1)];
        for (int channel = 0; channel < numbers.length; channel++) {
            numbers[channel] = constant.get(inChannels == 1 ? 0 : channel);
        }
        return numbers;
    }

    /** x op c. */
    private static @Nullable ScaleShift first(Binary.Op op, double[] c) {
        return switch (op) {
            case ADD -> new ScaleShift(filled(c.length, 1), c);
            case SUB -> new ScaleShift(filled(c.length, 1), negated(c));
            case MUL -> new ScaleShift(c, filled(c.length, 0));
            case DIV ->
                new ScaleShift(Arrays.stream(c).map(number -> 1 / number).toArray(), filled(c.length, 0));
            default -> null;
        };
    }

    /** c op x. */
    private static @Nullable ScaleShift second(Binary.Op op, double[] c) {
        if (op == Binary.Op.SUB) {
            return new ScaleShift(filled(c.length, -1), c);
        }
        return op.isCommutative() ? first(op, c) : null;
    }

    private static double[] filled(int length, double number) {
        double[] numbers = new double[length];
        Arrays.fill(numbers, number);
        return numbers;
    }

    private static double[] negated(double[] numbers) {
        return Arrays.stream(numbers).map(number -> -number).toArray();
    }
}
