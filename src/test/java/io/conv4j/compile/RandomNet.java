package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Activation.Kind;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Writes small networks at random, out of what the passes look for and what comes close to it. */
final class RandomNet {
    private static final List<Kind> KINDS = List.of(
            Kind.RELU, Kind.SIGMOID, Kind.TANH, Kind.NEGATE, Kind.ABS, Kind.HARD_SIGMOID, Kind.LEAKY_RELU, Kind.ERF);

    private static final List<Pooling.Kind> KINDS_OF_POOLING =
            List.of(Pooling.Kind.MAX, Pooling.Kind.AVERAGE_INCLUDE_PADDING, Pooling.Kind.AVERAGE_EXCLUDE_PADDING);

    private final SplittableRandom random;
    private final GraphBuilder builder;
    private final List<Value> made = new ArrayList<>();

    private RandomNet(long seed) {
        random = new SplittableRandom(seed);
        Shape src = Shape.of(1 + random.nextInt(2), 2 * (1 + random.nextInt(3)), size(), size());
        builder = Graph.builder("seed " + seed).input("src", src);
    }

    /** A network of up to fifteen pieces with one to three outputs; the same seed gives the same network. */
    static Graph write(long seed) {
        return new RandomNet(seed).write();
    }

    private Graph write() {
        for (int pieces = 3 + random.nextInt(13); pieces > 0; pieces--) {
            append();
            made.add(builder.value());
            if (random.nextInt(5) == 0) {
                builder.from(made.get(random.nextInt(made.size())));
            }
        }
        builder.output(made.get(made.size() - 1));
        for (Value value : made.subList(0, made.size() - 1)) {
            if (random.nextInt(8) == 0) {
                builder.output(value);
            }
        }
        return builder.build();
    }

    private void append() {
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> convolution();
            case 3 -> transposedConvolution();
            case 4 -> batchNormalization();
            case 5, 6 -> activation();
            case 7, 8 -> combine();
            case 9 -> number();
            case 10 -> pooling();
            case 11 -> move();
            case 12 -> spelledOut();
            default -> head();
        }
    }

    private int size() {
        return 3 + random.nextInt(6);
    }

    private int channels() {
        return builder.value().shape().extent(1);
    }

    private Axis axis(int kernel, int extent) {
        int taps = Math.min(kernel, extent);
        return new Axis(taps, 1 + random.nextInt(2), 1, random.nextInt(taps), random.nextInt(taps));
    }

    private Window window() {
        Shape src = builder.value().shape();
        return new Window(
                List.of(axis(1 + random.nextInt(3), src.extent(2)), axis(1 + random.nextInt(3), src.extent(3))));
    }

    private void convolution() {
        if (random.nextInt(3) == 0) {
            int value = random.nextInt(4) == 0 ? 1 : 0;
            List<Integer> before = List.of(0, 0, random.nextInt(3), random.nextInt(3));
            List<Integer> after = List.of(0, 0, random.nextInt(2), random.nextInt(3));
            builder.then(new Pad(Pad.Mode.CONSTANT, before, after, value));
        }
        int groups = random.nextInt(3) == 0 ? channels() : random.nextBoolean() ? 2 : 1;
        int outputs = channels() == groups && groups > 2 ? groups : 2 * (1 + random.nextInt(3));
        Window window = random.nextInt(3) == 0 ? Window.square(1) : window();
        int[] kernel = window.kernel();
        Value weights = constant(outputs, channels() / groups, kernel[0], kernel[1]);
        if (random.nextBoolean()) {
            builder.then(new Convolution(window, groups), weights, constant(outputs));
        } else {
            builder.then(new Convolution(window, groups), weights);
        }
    }

    private void transposedConvolution() {
        int groups = random.nextBoolean() ? 2 : 1;
        Window window = Window.of(2, 3).stride(2);
        Value weights = constant(channels(), 2, 2, 3);
        builder.then(new TransposedConvolution(window, groups, List.of(0, 1)), weights);
        if (builder.value().shape().extent(3) > 24) {
            builder.maxPooling(Window.square(2).stride(2));
        }
    }

    private void batchNormalization() {
        int channels = channels();
        Tensor variance = tensor(channels);
        for (int i = 0; i < channels; i++) {
            variance.set(i, 0.5 + Math.abs(variance.get(i)));
        }
        builder.batchNormalization(1e-3f, tensor(channels), tensor(channels), tensor(channels), variance);
    }

    private void activation() {
        Kind kind = KINDS.get(random.nextInt(KINDS.size()));
        builder.activation(random.nextInt(4) == 0 ? Activation.clip(-0.5f, 0.75f) : new Activation(kind, 0.25f, 0.5f));
    }

    /** With an earlier value, where there is one that fits. */
    private void combine() {
        Value current = builder.value();
        List<Value> others = made.stream()
                .filter(value -> value.shape().equals(current.shape()))
                .toList();
        Value other = others.isEmpty() ? current : others.get(random.nextInt(others.size()));
        List<Binary.Op> ops = List.of(Binary.Op.ADD, Binary.Op.ADD, Binary.Op.SUB, Binary.Op.MUL, Binary.Op.MAX);
        Binary layer = new Binary(ops.get(random.nextInt(ops.size())));
        if (random.nextInt(6) == 0) {
            builder.concat(other);
        } else if (random.nextBoolean()) {
            builder.then(layer, other);
        } else {
            builder.from(other).then(layer, current);
        }
    }

    /** With a constant: a number, one per channel, one per column, all zeros. */
    private void number() {
        Shape src = builder.value().shape();
        Value constant =
                switch (random.nextInt(4)) {
                    case 0 -> constant(1);
                    case 1 -> constant(src.extent(1), 1, 1);
                    case 2 -> constant(src.extent(3));
                    default -> builder.constant("zeros", Tensor.zeros(DataType.F32, Shape.of(1, 1)));
                };
        List<Binary.Op> ops = List.of(Binary.Op.ADD, Binary.Op.SUB, Binary.Op.MUL, Binary.Op.MIN);
        Binary layer = new Binary(ops.get(random.nextInt(ops.size())));
        Value current = builder.value();
        if (random.nextBoolean()) {
            builder.then(layer, constant);
        } else {
            builder.from(constant).then(layer, current);
        }
    }

    private void pooling() {
        Pooling.Kind kind = KINDS_OF_POOLING.get(random.nextInt(KINDS_OF_POOLING.size()));
        Window window = random.nextInt(4) == 0 ? Window.square(1) : window();
        if (random.nextInt(3) == 0) {
            builder.relu().then(new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 1, 0), List.of(0, 0, 0, 1), 0));
        }
        builder.then(new Pooling(kind, window));
    }

    private void move() {
        Shape src = builder.value().shape();
        switch (random.nextInt(4)) {
            case 3 -> builder.then(new MatMul(), constant(src.extent(3), 5)).add(constant(1, 5));
            case 0 -> builder.then(new Reshape(Shape.of(src.elements()))).then(new Reshape(src));
            case 1 -> builder.then(new Transpose(List.of(0, 2, 3, 1))).then(new Transpose(List.of(0, 3, 1, 2)));
            default -> builder.then(new Transpose(List.of(0, 1, 3, 2)));
        }
    }

    /** Swish and hard-swish in small functions, and gates. */
    private void spelledOut() {
        Value src = builder.value();
        switch (random.nextInt(3)) {
            case 0 -> builder.activation(Activation.of(Kind.SIGMOID)).multiply(src);
            case 1 ->
                builder.add(builder.constant("three", Tensor.of(Shape.of(), 3)))
                        .activation(Activation.clip(0, 6))
                        .multiply(src)
                        .then(new Binary(Binary.Op.DIV), builder.constant("six", Tensor.of(Shape.of(), 6)));
            default ->
                builder.then(new Reduce(Reduce.Kind.MEAN, List.of(2, 3), true))
                        .activation(Activation.of(Kind.SIGMOID))
                        .multiply(src);
        }
    }

    /** A classifier's end, and back to four axes. */
    private void head() {
        Shape src = builder.value().shape();
        builder.then(new Reduce(Reduce.Kind.MEAN, List.of(2, 3), false))
                .then(new MatMul(), constant(src.extent(1), 12))
                .add(constant(12))
                .then(new Reshape(Shape.of(src.extent(0), 4, 1, 3)));
    }

    private Value constant(int... extents) {
        return builder.constant("constant", tensor(extents));
    }

    private Tensor tensor(int... extents) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, random.nextDouble(-1, 1));
        }
        return tensor;
    }
}
