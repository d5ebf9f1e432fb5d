package io.conv4j.onnx;

import io.conv4j.layer.Activation;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * LpPool and GlobalLpPool: the p-norm (Σ|x|ᵖ)^(1/p) of each window, zeros in the padding. The sum is the average, padding
 * included, times the taps of the window.
 */
final class LpPoolOperators {
    private static final Activation ABSOLUTE = Activation.of(Activation.Kind.ABS);

    private LpPoolOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "LpPool" -> forms.one(1, LpPoolOperators::pooling);
            case "GlobalLpPool" -> forms.one(1, LpPoolOperators::global);
            default -> {}
        }
    }

    private static Operand pooling(NodeContext node) {
        float p = exponent(node);
        Operand src = node.input(0);
        Window window = Windows.of(node, Windows.kernel(node), src.shape());
        if (node.attributes().flag("ceil_mode", false)) {
            window = roundedUp(window, src.shape());
        }
        Pooling average = new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, window);
        return root(node, p, window.taps(), node.add(average, powers(node, p, src)));
    }

    private static Operand global(NodeContext node) {
        float p = exponent(node);
        Operand src = node.input(0);
        List<Integer> axes = IntStream.range(2, src.shape().rank()).boxed().toList();
        if (p == 1 || p == 2) {
            return node.result(new Reduce(p == 1 ? Reduce.Kind.L1 : Reduce.Kind.L2, axes, true), src);
        }
        return root(node, p, 1, node.add(new Reduce(Reduce.Kind.SUM, axes, true), powers(node, p, src)));
    }

    /** Opset 1 writes p as a real number. */
    private static float exponent(NodeContext node) {
        float p = node.opset() < 2
                ? node.attributes().real("p", 2)
                : node.attributes().integer("p", 2);
        if (!(p > 0 && p < Float.POSITIVE_INFINITY)) {
            throw new ModelFormatException("attribute 'p' should be above 0, got " + p);
        }
        return p;
    }

    /** With so much padding after the input that rounding down gives the extents that rounding up would have given. */
    private static Window roundedUp(Window window, Shape src) {
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < window.rank(); i++) {
            Axis axis = window.axis(i);
            int input = src.extent(i + 2);
            long lastEnd = (axis.outputExtentCeil(input) - 1L) * axis.stride() + axis.effectiveKernel();
            long padAfter = Math.max(0, lastEnd - input - axis.padBefore());
            axes.add(axis.withPadding(axis.padBefore(), Math.toIntExact(padAfter)));
        }
        return new Window(axes);
    }

    private static Operand powers(NodeContext node, float p, Operand src) {
        if (p == 2) {
            return node.add(new Binary(Binary.Op.MUL), src, src);
        }
        Operand magnitudes = node.add(ABSOLUTE, src);
        return p == 1 ? magnitudes : node.add(new Activation(Activation.Kind.POWER, 1, p), magnitudes);
    }

    /** (count · mean)^(1/p), the factor taken out of the root. */
    private static Operand root(NodeContext node, float p, int count, Operand mean) {
        float factor = (float) Math.pow(count, 1.0 / p);
        Activation root =
                p == 1 ? ElementwiseOperators.linear(factor, 0) : new Activation(Activation.Kind.POWER, factor, 1 / p);
        return node.result(root, mean);
    }
}
