package io.conv4j.onnx;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Makes windows of the attributes that convolutions and poolings share. */
final class Windows {
    private static final String[] AUTO_PADS = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};

    private Windows() {}

    /** Kernel, strides and dilations as written, without padding. */
    static Window unpadded(NodeContext node, List<Integer> kernel) {
        List<Integer> strides = perAxis(node, "strides", kernel.size());
        List<Integer> dilations = perAxis(node, "dilations", kernel.size());
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < kernel.size(); i++) {
            axes.add(new Axis(kernel.get(i), strides.get(i), dilations.get(i), 0, 0));
        }
        return new Window(axes);
    }

    /** The window of a convolution or pooling over src, padding as written or worked out. */
    static Window of(NodeContext node, List<Integer> kernel, Shape src) {
        Window window = unpadded(node, kernel);
        if (src.rank() != kernel.size() + 2) {
            throw new Conv4jException("a kernel of " + kernel + " does not go over " + src);
        }
        String auto = autoPad(node);
        if (auto.equals("NOTSET")) {
            return padded(node, window);
        }
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < window.rank(); i++) {
            axes.add(auto.equals("VALID") ? window.axis(i) : same(window.axis(i), src.extent(i + 2), auto));
        }
        return new Window(axes);
    }

    static String autoPad(NodeContext node) {
        return node.attributes().word("auto_pad", "NOTSET", AUTO_PADS);
    }

    /** Padding that makes ⌈input / stride⌉ outputs; what is odd goes after the input (UPPER) or before it. */
    private static Axis same(Axis axis, int input, String auto) {
        long outputs = ((long) input + axis.stride() - 1) / axis.stride();
        long total = Math.max(0, (outputs - 1) * axis.stride() + axis.effectiveKernel() - input);
        int less = Math.toIntExact(total / 2);
        int more = Math.toIntExact(total - less);
        return auto.equals("SAME_UPPER") ? axis.withPadding(less, more) : axis.withPadding(more, less);
    }

    /** With the attribute {@code pads}. */
    static Window padded(NodeContext node, Window window) {
        List<Integer> pads = narrow(node.attributes().integers("pads"));
        if (pads.isEmpty()) {
            return window;
        }
        if (pads.size() != 2 * window.rank()) {
            throw new ModelFormatException("pads " + pads + " should be two per axis of " + window.rank());
        }
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < window.rank(); i++) {
            axes.add(window.axis(i).withPadding(pads.get(i), pads.get(i + window.rank())));
        }
        return new Window(axes);
    }

    /** The attribute {@code kernel_shape}, which poolings must have. */
    static List<Integer> kernel(NodeContext node) {
        List<Integer> kernel = narrow(node.attributes().integers("kernel_shape"));
        if (kernel.isEmpty()) {
            throw new ModelFormatException("attribute 'kernel_shape' is missing");
        }
        return kernel;
    }

    /** The kernel of weights, which the attribute may repeat. */
    static List<Integer> kernel(NodeContext node, Shape weights) {
        if (weights.rank() < 3 || weights.rank() > 5) {
            throw new UnsupportedNode("weights " + weights + " do not have 1, 2 or 3 spatial axes");
        }
        List<Integer> kernel = new ArrayList<>();
        for (int axis = 2; axis < weights.rank(); axis++) {
            kernel.add(weights.extent(axis));
        }
        List<Integer> written = narrow(node.attributes().integers("kernel_shape"));
        if (!written.isEmpty() && !written.equals(kernel)) {
            throw new ModelFormatException("kernel_shape " + written + " is not that of the weights, " + weights);
        }
        return kernel;
    }

    private static List<Integer> perAxis(NodeContext node, String attribute, int axes) {
        List<Integer> numbers = narrow(node.attributes().integers(attribute));
        if (numbers.isEmpty()) {
            return java.util.Collections.nCopies(axes, 1);
        }
        if (numbers.size() != axes) {
            throw new ModelFormatException(attribute + " " + numbers + " should be one per axis of " + axes);
        }
        return numbers;
    }

    static List<Integer> narrow(List<Long> numbers) {
        List<Integer> narrow = new ArrayList<>(numbers.size());
        for (long number : numbers) {
            narrow.add(NodeContext.narrow(number));
        }
        return narrow;
    }
}
