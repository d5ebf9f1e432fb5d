package io.conv4j.onnx;

import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Clip: bounds as attributes, or, since opset 11, as inputs. */
final class ClipOperator {
    private ClipOperator() {}

    static Operand byAttributes(NodeContext node) {
        float low = node.attributes().real("min", Float.NEGATIVE_INFINITY);
        float high = node.attributes().real("max", Float.POSITIVE_INFINITY);
        if (low > high) {
            throw new ModelFormatException("Clip from " + low + " to " + high + " leaves no value");
        }
        return node.result(Activation.clip(low, high), node.input(0));
    }

    static Operand byInputs(NodeContext node) {
        Operand src = node.input(0);
        Operand min = node.optional(1);
        Operand max = node.optional(2);
        if (min == null && max == null) {
            return src;
        }
        double low = bound(min, Double.NEGATIVE_INFINITY);
        double high = bound(max, Double.POSITIVE_INFINITY);
        if (src.dataType().floating() && low <= high) {
            return node.result(Activation.clip((float) low, (float) high), src);
        }
        // Bounds not known, integers that a float does not hold, or a maximum below the minimum, which then wins.
        if (max == null) {
            return min == null ? src : node.result(new Binary(Binary.Op.MAX), src, min);
        }
        Operand raised = min == null ? src : node.add(new Binary(Binary.Op.MAX), src, min);
        return node.result(new Binary(Binary.Op.MIN), raised, max);
    }

    /** The number; NaN if it is not known, which compares false with everything. */
    private static double bound(@Nullable Operand operand, double absent) {
        if (operand == null) {
            return absent;
        }
        Tensor tensor = operand.tensor();
        return tensor == null || tensor.shape().elements() != 1 ? Double.NaN : tensor.get(0);
    }
}
