package io.conv4j.graph;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a graph, layer after layer. The fluent methods append to the value made last:
 *
 * <pre>{@code
 * Graph net = Graph.builder("edges").input("src", Shape.of(1, 3, 480, 640))
 *     .convolution(Window.square(3).stride(2).pad(1), weights, bias).relu()
 *     .build();
 * }</pre>
 *
 * <p>For branches keep {@link #value()} and come back to it with {@link #from}. {@link #add} takes any layer. Without
 * {@link #output} the value made last is the output. Shapes are checked at every call. Not thread-safe.
 */
public final class GraphBuilder {
    private final String name;
    private final List<Value> inputs = new ArrayList<>();
    private final List<Value> outputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Value, Tensor> constants = new LinkedHashMap<>();
    private final Set<String> names = new HashSet<>();
    private @Nullable Value current;
    private int nextId;

    GraphBuilder(String name) {
        this.name = name;
    }

    /** Declares an f32 input and goes on from it. */
    public GraphBuilder input(String inputName, Shape shape) {
        return from(input(inputName, new TensorType(io.conv4j.tensor.DataType.F32, shape)));
    }

    /** Declares an input of any type. */
    public Value input(String inputName, TensorType type) {
        Value value = fresh(inputName, type);
        inputs.add(value);
        return value;
    }

    /** Adds a constant; the tensor is kept, not copied. */
    public Value constant(String constantName, Tensor tensor) {
        Value value = fresh(constantName, tensor.type());
        constants.put(value, tensor);
        return value;
    }

    /** Adds any layer under a name; the name is made unique where it is taken. Does not change the current value. */
    public List<Value> add(String nodeName, Layer layer, List<Value> from) {
        return add(nodeName, layer, from, List.of());
    }

    /**
     * Adds any layer, with names for its outputs; where a name is not given, the node's is used.
     *
     * @throws Conv4jException if the inputs do not fit; the message names the node
     */
    public List<Value> add(String nodeName, Layer layer, List<Value> from, List<String> outputNames) {
        List<TensorType> types;
        try {
            types = layer.infer(Value.types(from));
        } catch (Conv4jException e) {
            throw new Conv4jException("layer '" + nodeName + "': " + e.getMessage(), e);
        }
        List<Value> made = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            made.add(fresh(i < outputNames.size() ? outputNames.get(i) : nodeName, types.get(i)));
        }
        nodes.add(new Node(nodes.size(), nodeName, layer, from, made));
        return List.copyOf(made);
    }

    /** Goes on from a value of this graph. */
    public GraphBuilder from(Value value) {
        current = value;
        return this;
    }

    /** The value made last. */
    public Value value() {
        if (current == null) {
            throw new Conv4jException("graph '" + name + "' has no value to go on from: begin with input(…)");
        }
        return current;
    }

    /** Appends any layer that takes the current value and these. */
    public GraphBuilder then(Layer layer, Value... others) {
        List<Value> from = new ArrayList<>(List.of(value()));
        from.addAll(Arrays.asList(others));
        return from(add(layer.word() + "_" + nodes.size(), layer, from).get(0));
    }

    /** Convolution with weights [Cout, Cin, kernel…] and bias [Cout]. */
    public GraphBuilder convolution(Window window, Tensor weights, Tensor bias) {
        return then(new Convolution(window), weights(weights), bias(bias));
    }

    /** Convolution in groups with weights [Cout, Cin/groups, kernel…] and bias [Cout]. */
    public GraphBuilder convolution(Window window, int groups, Tensor weights, Tensor bias) {
        return then(new Convolution(window, groups), weights(weights), bias(bias));
    }

    /** Transposed convolution with weights [Cin, Cout, kernel…], without bias. */
    public GraphBuilder transposedConvolution(Window window, Tensor weights) {
        return then(new TransposedConvolution(window), weights(weights));
    }

    /** Transposed convolution with weights [Cin, Cout, kernel…] and bias [Cout]. */
    public GraphBuilder transposedConvolution(Window window, Tensor weights, Tensor bias) {
        return then(new TransposedConvolution(window), weights(weights), bias(bias));
    }

    /** Fully connected layer with weights [Cout, K] and bias [Cout]; flattens the current value to [N, K] first. */
    public GraphBuilder dense(Tensor weights, Tensor bias) {
        return (value().shape().rank() == 2 ? this : flatten()).then(new Dense(), weights(weights), bias(bias));
    }

    /** Batch normalisation with scale, bias, mean and variance, each [C]. */
    public GraphBuilder batchNormalization(float epsilon, Tensor scale, Tensor bias, Tensor mean, Tensor variance) {
        return then(
                new BatchNormalization(epsilon),
                constant(unique("scale"), scale),
                bias(bias),
                constant(unique("mean"), mean),
                constant(unique("variance"), variance));
    }

    /** Appends a function of one element. */
    public GraphBuilder activation(Activation activation) {
        return then(activation);
    }

    /** max(x, 0). */
    public GraphBuilder relu() {
        return activation(Activation.relu());
    }

    /** Maximum over windows. */
    public GraphBuilder maxPooling(Window window) {
        return then(new Pooling(Pooling.Kind.MAX, window));
    }

    /** Average over windows; padding counts as zeros. */
    public GraphBuilder averagePooling(Window window) {
        return then(new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, window));
    }

    /** Average over each whole channel. */
    public GraphBuilder globalAveragePooling() {
        Shape src = value().shape();
        int[] kernel = Arrays.copyOfRange(src.extents(), 2, src.rank());
        return averagePooling(Window.of(kernel));
    }

    /** Adds another value, element by element. */
    public GraphBuilder add(Value other) {
        return then(new Binary(Binary.Op.ADD), other);
    }

    /** Multiplies by another value, element by element. */
    public GraphBuilder multiply(Value other) {
        return then(new Binary(Binary.Op.MUL), other);
    }

    /** Lays other values after the current one along the channels. */
    public GraphBuilder concat(Value... others) {
        return then(new Concat(1), others);
    }

    /** Enlarges the spatial axes by a whole factor. */
    public GraphBuilder upsample(Resize.Interpolation interpolation, int factor) {
        Shape src = value().shape();
        List<Integer> factors = new ArrayList<>(List.of(1, 1));
        for (int axis = 2; axis < src.rank(); axis++) {
            factors.add(factor);
        }
        return then(Resize.upsample(interpolation, src, factors));
    }

    /** Flattens all axes but the first. */
    public GraphBuilder flatten() {
        Shape src = value().shape();
        int rest = src.extent(0) == 0 ? 0 : src.elements() / src.extent(0);
        return then(new Reshape(Shape.of(src.extent(0), rest)));
    }

    /** eˣ / Σeˣ along the last axis. */
    public GraphBuilder softmax() {
        return then(new Softmax(-1, false));
    }

    /** Declares a value an output; may be called several times. */
    public GraphBuilder output(Value value) {
        outputs.add(value);
        return this;
    }

    /** Declares the current value an output under a name that has not been used. */
    public GraphBuilder output() {
        return output(value());
    }

    /** The finished graph. */
    public Graph build() {
        return new Graph(name, inputs, outputs.isEmpty() ? List.of(value()) : outputs, nodes, constants);
    }

    private Value weights(Tensor tensor) {
        return constant(unique("weights"), tensor);
    }

    private Value bias(Tensor tensor) {
        return constant(unique("bias"), tensor);
    }

    private String unique(String role) {
        return role + "_" + nodes.size();
    }

    private Value fresh(String wanted, TensorType type) {
        String free = wanted;
        for (int i = 1; !names.add(free); i++) {
            free = wanted + "#" + i;
        }
        return new Value(nextId++, free, type);
    }
}
