package io.conv4j.benchmark;

import static io.conv4j.benchmark.OnnxWriter.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Axis;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Layer;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** One layer as ONNX operators. */
final class OnnxOperators {
    private OnnxOperators() {}

    static void write(Node node, OnnxWriter to) {
        List<String> from = node.inputs().stream().map(Value::name).toList();
        String output = node.output().name();
        Layer layer = node.layer();
        if (layer instanceof Convolution conv) {
            to.node("Conv", from, output, windowed(conv.window(), attribute("group", conv.groups())));
        } else if (layer instanceof TransposedConvolution conv) {
            AttributeProto padding = attribute("output_padding", conv.outputPadding());
            to.node("ConvTranspose", from, output, windowed(conv.window(), attribute("group", conv.groups()), padding));
        } else if (layer instanceof Pooling pooling) {
            pooling(pooling, node.inputs().get(0), output, to);
        } else if (layer instanceof Dense) {
            to.node("Gemm", from, output, attribute("transB", 1));
        } else if (layer instanceof BatchNormalization normalization) {
            to.node("BatchNormalization", from, output, attribute("epsilon", normalization.epsilon()));
        } else if (layer instanceof Activation activation) {
            activation(activation, from.get(0), output, to);
        } else if (layer instanceof Binary binary) {
            to.node(binary(binary.op()), from, output);
        } else if (layer instanceof Concat concat) {
            to.node("Concat", from, output, attribute("axis", concat.axis()));
        } else if (layer instanceof Resize resize) {
            resize(resize, from.get(0), output, to);
        } else if (layer instanceof Reshape reshape) {
            to.node("Reshape", List.of(from.get(0), to.constant(reshape.shape().extents())), output);
        } else if (layer instanceof Softmax softmax && !softmax.logarithm()) {
            to.node("Softmax", from, output, attribute("axis", softmax.axis()));
        } else if (layer instanceof LocalResponseNormalization lrn) {
            to.node(
                    "LRN",
                    from,
                    output,
                    attribute("size", lrn.size()),
                    attribute("alpha", lrn.alpha()),
                    attribute("beta", lrn.beta()),
                    attribute("bias", lrn.bias()));
        } else {
            throw new IllegalArgumentException("the zoo does not use " + node);
        }
    }

    private static AttributeProto[] windowed(Window window, AttributeProto... others) {
        List<Integer> pads = new ArrayList<>();
        window.axes().forEach(axis -> pads.add(axis.padBefore()));
        window.axes().forEach(axis -> pads.add(axis.padAfter()));
        List<AttributeProto> all = new ArrayList<>(Arrays.asList(others));
        all.add(attribute(
                "kernel_shape", window.axes().stream().map(Axis::kernel).toList()));
        all.add(attribute("strides", window.axes().stream().map(Axis::stride).toList()));
        all.add(attribute("pads", pads));
        if (window.axes().stream().anyMatch(axis -> axis.dilation() > 1)) {
            all.add(attribute(
                    "dilations", window.axes().stream().map(Axis::dilation).toList()));
        }
        return all.toArray(AttributeProto[]::new);
    }

    /** A window over everything is written as the global form, which a rival may know a better way for. */
    private static void pooling(Pooling pooling, Value src, String output, OnnxWriter to) {
        boolean max = pooling.kind() == Pooling.Kind.MAX;
        int[] spatial = Arrays.copyOfRange(src.shape().extents(), 2, src.shape().rank());
        if (pooling.window().equals(Window.of(spatial))) {
            to.node(max ? "GlobalMaxPool" : "GlobalAveragePool", List.of(src.name()), output);
            return;
        }
        List<AttributeProto> attributes = new ArrayList<>();
        attributes.add(attribute("ceil_mode", pooling.ceilMode() ? 1 : 0));
        if (!max) {
            boolean counted = pooling.kind() == Pooling.Kind.AVERAGE_INCLUDE_PADDING;
            attributes.add(attribute("count_include_pad", counted ? 1 : 0));
        }
        to.node(
                max ? "MaxPool" : "AveragePool",
                List.of(src.name()),
                output,
                windowed(pooling.window(), attributes.toArray(AttributeProto[]::new)));
    }

    private static void activation(Activation activation, String src, String output, OnnxWriter to) {
        switch (activation.kind()) {
            case RELU -> to.node("Relu", List.of(src), output);
            case LEAKY_RELU -> to.node("LeakyRelu", List.of(src), output, attribute("alpha", activation.alpha()));
            case SIGMOID -> to.node("Sigmoid", List.of(src), output);
            case TANH -> to.node("Tanh", List.of(src), output);
            case CLIP -> {
                String low = to.constant(Tensor.of(Shape.of(), activation.alpha()));
                String high = to.constant(Tensor.of(Shape.of(), activation.beta()));
                to.node("Clip", List.of(src, low, high), output);
            }
            case SWISH -> {
                // PyTorch exports SiLU as two nodes.
                if (activation.alpha() != 1) {
                    throw new IllegalArgumentException("the zoo does not use " + activation);
                }
                to.node("Sigmoid", List.of(src), output + "/sigmoid");
                to.node("Mul", List.of(src, output + "/sigmoid"), output);
            }
            default -> throw new IllegalArgumentException("the zoo does not use " + activation);
        }
    }

    private static String binary(Binary.Op op) {
        return switch (op) {
            case ADD -> "Add";
            case MUL -> "Mul";
            default -> throw new IllegalArgumentException("the zoo does not use " + op);
        };
    }

    private static void resize(Resize resize, String src, String output, OnnxWriter to) {
        float[] scales = new float[resize.scales().size()];
        for (int axis = 0; axis < scales.length; axis++) {
            scales[axis] = resize.scales().get(axis).floatValue();
        }
        String none = to.constant(Tensor.of(Shape.of(0)));
        String factors = to.constant(Tensor.of(Shape.of(scales.length), scales));
        to.node(
                "Resize",
                List.of(src, none, factors),
                output,
                attribute("mode", word(resize.interpolation())),
                attribute("coordinate_transformation_mode", word(resize.coordinates())),
                attribute("nearest_mode", word(resize.rounding())));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
