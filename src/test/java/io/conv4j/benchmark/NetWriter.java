package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Resize;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.SplittableRandom;

/**
 * A {@link GraphBuilder} that makes its own weights: channels in, layer out. Weights are uniform within ±√(6/fan-in), so
 * that variance is kept through ReLUs (He et al. 2015), and depend on the net's name alone.
 */
final class NetWriter {
    private final GraphBuilder graph;
    private final SplittableRandom random;

    NetWriter(String name, Shape input) {
        graph = Graph.builder(name).input("input", input);
        random = new SplittableRandom(name.hashCode());
    }

    /** Convolution without bias, as before a batch normalisation. */
    NetWriter convolution(int channels, Window window) {
        return convolution(channels, window, 1);
    }

    /** Convolution in groups without bias. */
    NetWriter convolution(int channels, Window window, int groups) {
        return then(new Convolution(window, groups), weights(channels, window, groups));
    }

    /** Convolution with bias. */
    NetWriter biasedConvolution(int channels, Window window) {
        return then(new Convolution(window), weights(channels, window, 1), uniform("bias", 0.1, channels));
    }

    /** Convolution of each channel alone, without bias. */
    NetWriter depthwise(Window window) {
        return convolution(channels(), window, channels());
    }

    /** Convolution, batch normalisation, ReLU. */
    NetWriter block(int channels, Window window) {
        return block(channels, window, Activation.relu());
    }

    /** Convolution, batch normalisation, activation. */
    NetWriter block(int channels, Window window, Activation activation) {
        return convolution(channels, window).batchNormalization().activation(activation);
    }

    /** Transposed convolution without bias. */
    NetWriter transposedConvolution(int channels, Window window) {
        return then(new TransposedConvolution(window), transposedWeights(channels, window));
    }

    /** Transposed convolution with bias. */
    NetWriter biasedTransposedConvolution(int channels, Window window, int outputPadding) {
        return then(
                new TransposedConvolution(window, 1, Collections.nCopies(window.rank(), outputPadding)),
                transposedWeights(channels, window),
                uniform("bias", 0.1, channels));
    }

    /** Batch normalisation with the statistics of a trained net's size: scale and variance near 1, the rest near 0. */
    NetWriter batchNormalization() {
        int channels = channels();
        graph.batchNormalization(
                1e-5f,
                tensor(0.6, 1, channels),
                tensor(-0.1, 0.1, channels),
                tensor(-0.1, 0.1, channels),
                tensor(0.6, 1.4, channels));
        return this;
    }

    /** Fully connected layer on the flattened value. */
    NetWriter dense(int outputs) {
        Shape src = graph.value().shape();
        int inputs = src.elements() / src.extent(0);
        double bound = Math.sqrt(6.0 / inputs);
        graph.dense(tensor(-bound, bound, outputs, inputs), tensor(-0.1, 0.1, outputs));
        return this;
    }

    NetWriter activation(Activation activation) {
        graph.activation(activation);
        return this;
    }

    NetWriter relu() {
        return activation(Activation.relu());
    }

    NetWriter sigmoid() {
        return activation(Activation.of(Activation.Kind.SIGMOID));
    }

    NetWriter maxPooling(Window window) {
        graph.maxPooling(window);
        return this;
    }

    NetWriter averagePooling(Window window) {
        graph.averagePooling(window);
        return this;
    }

    NetWriter globalAveragePooling() {
        graph.globalAveragePooling();
        return this;
    }

    NetWriter add(Value other) {
        graph.add(other);
        return this;
    }

    NetWriter multiply(Value other) {
        graph.multiply(other);
        return this;
    }

    NetWriter concat(Value... others) {
        graph.concat(others);
        return this;
    }

    NetWriter upsample(Resize.Interpolation interpolation, int factor) {
        graph.upsample(interpolation, factor);
        return this;
    }

    NetWriter then(Layer layer, Value... others) {
        graph.then(layer, others);
        return this;
    }

    NetWriter from(Value value) {
        graph.from(value);
        return this;
    }

    NetWriter output() {
        graph.output();
        return this;
    }

    Value value() {
        return graph.value();
    }

    int channels() {
        return graph.value().shape().extent(1);
    }

    Graph build() {
        return graph.build();
    }

    private Value weights(int channels, Window window, int groups) {
        int[] extents = weightShape(channels, channels() / groups, window);
        return uniform("weights", Math.sqrt(6.0 / (extents[1] * window.taps())), extents);
    }

    /** Of a transposed convolution's taps, one in stride^rank meets a given output. */
    private Value transposedWeights(int channels, Window window) {
        double taps = 1;
        for (Axis axis : window.axes()) {
            taps *= Math.max(1, (double) axis.kernel() / axis.stride());
        }
        int[] extents = weightShape(channels(), channels, window);
        return uniform("weights", Math.sqrt(6 / (channels() * taps)), extents);
    }

    private static int[] weightShape(int outermost, int next, Window window) {
        int[] extents = new int[2 + window.rank()];
        extents[0] = outermost;
        extents[1] = next;
        System.arraycopy(window.kernel(), 0, extents, 2, window.rank());
        return extents;
    }

    private Value uniform(String role, double bound, int... extents) {
        return graph.constant(role, tensor(-bound, bound, extents));
    }

    private Tensor tensor(double low, double high, int... extents) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        FloatBuffer values = tensor.floats();
        while (values.hasRemaining()) {
            values.put((float) random.nextDouble(low, high));
        }
        return tensor;
    }
}
