package io.conv4j.benchmark;

import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Step;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * A layer with weights as it stands in a network's plan, with a bias and a relu.
 *
 * @param net the first network that has it
 * @param layer a convolution, transposed convolution or dense layer
 * @param src shape of its source
 * @param weights shape of its weights
 */
record ZooLayer(String net, Layer layer, Shape src, Shape weights) {
    /** Every one of a network once, however often it occurs there or in those before. */
    static void collect(Graph net, Collection<ZooLayer> into) {
        Map<List<Object>, ZooLayer> layers = new LinkedHashMap<>();
        into.forEach(layer -> layers.put(layer.key(), layer));
        for (Step step : Compiler.compile(net, OptimizationLevel.ALL).steps()) {
            if (step.layer() instanceof Convolution
                    || step.layer() instanceof TransposedConvolution
                    || step.layer() instanceof Dense) {
                ZooLayer found = new ZooLayer(
                        net.name(),
                        step.layer(),
                        step.sources().get(0).shape(),
                        step.sources().get(1).shape());
                if (layers.putIfAbsent(found.key(), found) == null) {
                    into.add(found);
                }
            }
        }
    }

    private List<Object> key() {
        return List.of(layer, src, weights);
    }

    /** A network of the layer, a bias and a relu; weights are small, sources of either sign. */
    Graph graph() {
        GraphBuilder builder = Graph.builder(toString()).input("src", src);
        Value packed = builder.constant("weights", numbers(weights));
        Value bias = builder.constant("bias", numbers(Shape.of(outputs())));
        return builder.then(layer, packed, bias).relu().build();
    }

    private static Tensor numbers(Shape shape) {
        Tensor tensor = Tensor.zeros(TensorType.f32(shape.extents()));
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, (i * 7L % 11 - 5) / 64f);
        }
        return tensor;
    }

    private int outputs() {
        return layer instanceof TransposedConvolution transposed
                ? weights.extent(1) * transposed.groups()
                : weights.extent(0);
    }

    /** Multiply-adds, twice. */
    double flops() {
        if (layer instanceof TransposedConvolution) {
            return 2.0 * weights.elements() * src.elements() / src.extent(1);
        }
        Shape made = dst();
        return 2.0 * weights.elements() * made.elements() / made.extent(1);
    }

    private Shape dst() {
        return layer.infer(List.of(TensorType.f32(src.extents()), TensorType.f32(weights.extents())))
                .get(0)
                .shape();
    }

    /**
     * Whether Winograd's algorithm should halve the time: dense 3x3 of stride 1 with the channels of VGG's blocks, on maps
     * of 56x56 and larger.
     */
    boolean isLargeDense() {
        return layer instanceof Convolution convolution
                && convolution.groups() == 1
                && convolution.window().equals(Window.square(3).pad(1))
                && src.extent(1) >= 64
                && src.extent(2) >= 56
                && src.extent(3) >= 56
                && weights.extent(0) >= 64;
    }

    /** {@code 3x3/2 g32 128x56x56 to 128x28x28}; dense layers have no window. */
    @Override
    public String toString() {
        String batch = src.extent(0) == 1 ? "" : src.extent(0) + "x ";
        return batch + window() + inner(src) + " to " + inner(dst());
    }

    private String window() {
        if (layer instanceof Convolution convolution) {
            return words("", convolution.window(), convolution.groups());
        }
        return layer instanceof TransposedConvolution transposed
                ? words("transposed ", transposed.window(), transposed.groups())
                : "dense ";
    }

    private static String words(String kind, Window window, int groups) {
        String stride = each(window, Axis::stride).matches("[1x]*") ? "" : "/" + each(window, Axis::stride);
        String dilation = each(window, Axis::dilation).matches("[1x]*") ? "" : " d" + each(window, Axis::dilation);
        return kind + each(window, Axis::kernel) + stride + dilation + (groups == 1 ? " " : " g" + groups + " ");
    }

    private static String each(Window window, ToIntFunction<Axis> of) {
        return window.axes().stream()
                .map(axis -> Integer.toString(of.applyAsInt(axis)))
                .collect(Collectors.joining("x"));
    }

    private static String inner(Shape shape) {
        String text = shape.toString();
        return text.substring(text.indexOf('x') + 1);
    }
}
