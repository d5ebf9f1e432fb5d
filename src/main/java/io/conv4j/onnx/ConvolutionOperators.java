package io.conv4j.onnx;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.DeformableConvolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Conv, ConvTranspose and DeformConv. */
final class ConvolutionOperators {
    private ConvolutionOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Conv" -> forms.one(1, ConvolutionOperators::convolution);
            case "ConvTranspose" -> forms.one(1, ConvolutionOperators::transposed);
            case "DeformConv" -> forms.one(19, ConvolutionOperators::deformable);
            default -> {}
        }
    }

    private static Operand convolution(NodeContext node) {
        List<Integer> kernel = Windows.kernel(node, node.input(1).shape());
        Window window = Windows.of(node, kernel, node.input(0).shape());
        return node.result(new Convolution(window, groups(node)), operands(node));
    }

    static int groups(NodeContext node) {
        return NodeContext.narrow(node.attributes().integer("group", 1));
    }

    private static Operand[] operands(NodeContext node) {
        return node.has(2)
                ? new Operand[] {node.input(0), node.input(1), node.input(2)}
                : new Operand[] {node.input(0), node.input(1)};
    }

    /** Inputs are src, weights, offset, then bias and mask, either of which may be left out. */
    private static Operand deformable(NodeContext node) {
        List<Integer> kernel = Windows.kernel(node, node.input(1).shape());
        Window window = Windows.of(node, kernel, node.input(0).shape());
        List<Operand> operands = new ArrayList<>(List.of(node.input(0), node.input(1), node.input(2)));
        if (node.has(4)) {
            operands.add(node.input(4));
        }
        if (node.has(3)) {
            operands.add(node.input(3));
        }
        int offsetGroups = NodeContext.narrow(node.attributes().integer("offset_group", 1));
        DeformableConvolution layer = new DeformableConvolution(window, groups(node), offsetGroups, node.has(4));
        return node.result(layer, operands.toArray(Operand[]::new));
    }

    private static Operand transposed(NodeContext node) {
        Shape src = node.input(0).shape();
        List<Integer> kernel = Windows.kernel(node, node.input(1).shape());
        Window window = Windows.unpadded(node, kernel);
        List<Integer> outputPadding = outputPadding(node, window.rank());
        List<Integer> wanted = outputShape(node, window, src);
        if (!wanted.isEmpty()) {
            return toShape(node, window, outputPadding, wanted);
        }
        Window padded = Windows.autoPad(node).equals("VALID") ? window : Windows.padded(node, window);
        return node.result(new TransposedConvolution(padded, groups(node), outputPadding), operands(node));
    }

    private static List<Integer> outputPadding(NodeContext node, int axes) {
        List<Integer> padding = Windows.narrow(node.attributes().integers("output_padding"));
        if (padding.isEmpty()) {
            return java.util.Collections.nCopies(axes, 0);
        }
        if (padding.size() != axes) {
            throw new ModelFormatException("output_padding " + padding + " should be one per axis of " + axes);
        }
        return padding;
    }

    /** Spatial output extents where the node states them: as such, or as src times strides for auto_pad SAME; else none. */
    private static List<Integer> outputShape(NodeContext node, Window window, Shape src) {
        List<Integer> written = Windows.narrow(node.attributes().integers("output_shape"));
        if (src.rank() != window.rank() + 2) {
            throw new io.conv4j.Conv4jException("a window of " + window.rank() + " axes does not go over " + src);
        }
        if (!written.isEmpty()) {
            // Some exporters write N and C, too.
            List<Integer> spatial = written.subList(Math.max(0, written.size() - window.rank()), written.size());
            if (spatial.size() != window.rank()) {
                throw new ModelFormatException("output_shape " + written + " should be one per spatial axis");
            }
            return spatial;
        }
        if (!Windows.autoPad(node).startsWith("SAME")) {
            return List.of();
        }
        List<Integer> extents = new ArrayList<>();
        for (int i = 0; i < window.rank(); i++) {
            extents.add(Math.multiplyExact(src.extent(i + 2), window.axis(i).stride()));
        }
        return extents;
    }

    /**
     * Cuts (or pads) the output to a stated extent. What is odd is cut at the end for SAME_UPPER, else at the start (ONNX,
     * ConvTranspose: total_padding).
     */
    private static Operand toShape(NodeContext node, Window window, List<Integer> outputPadding, List<Integer> wanted) {
        boolean upper = Windows.autoPad(node).equals("SAME_UPPER");
        Shape src = node.input(0).shape();
        List<Axis> axes = new ArrayList<>();
        List<Integer> added = new ArrayList<>();
        for (int i = 0; i < window.rank(); i++) {
            Axis axis = window.axis(i);
            int surplus = axis.transposedExtent(src.extent(i + 2), outputPadding.get(i)) - wanted.get(i);
            int less = Math.max(0, surplus) / 2;
            int more = Math.max(0, surplus) - less;
            axes.add(upper ? axis.withPadding(less, more) : axis.withPadding(more, less));
            added.add(Math.addExact(outputPadding.get(i), Math.max(0, -surplus)));
        }
        return node.result(new TransposedConvolution(new Window(axes), groups(node), added), operands(node));
    }
}
