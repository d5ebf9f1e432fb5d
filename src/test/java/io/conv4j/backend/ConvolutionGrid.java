package io.conv4j.backend;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Seeded convolutions over all parameters, with channels about the widths of vectors and blocks. */
public final class ConvolutionGrid {
    private static final int[] CHANNELS = {1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65};
    private static final int[] FEW = {1, 2, 3, 4, 8};
    private static final int[] KERNELS = {1, 1, 2, 3, 3, 3, 4, 5, 7};
    private static final long MOST_PRODUCTS = 1_500_000;

    private ConvolutionGrid() {}

    /** One case; the same seed gives the same one. */
    public static ConvolutionCase of(long seed, boolean transposed) {
        Random random = new Random(seed);
        while (true) {
            ConvolutionCase candidate = draw(random, transposed);
            if (products(candidate) <= MOST_PRODUCTS) {
                return candidate;
            }
        }
    }

    private static ConvolutionCase draw(Random random, boolean transposed) {
        int rank = 1 + random.nextInt(3);
        int groups = 1;
        int inputs = pick(CHANNELS, random);
        int outputs = pick(CHANNELS, random);
        switch (random.nextInt(4)) {
            case 0 -> { // depthwise, with a multiplier now and then
                groups = inputs;
                outputs = inputs * (random.nextInt(3) == 0 ? 2 : 1);
            }
            case 1 -> { // groups of a few or many channels
                groups = pick(new int[] {2, 3, 4, 8}, random);
                inputs = groups * pick(FEW, random);
                outputs = groups * pick(FEW, random);
            }
            default -> { // dense
            }
        }
        List<Axis> axes = new ArrayList<>();
        List<Integer> outputPadding = new ArrayList<>();
        int[] extents = new int[rank + 2];
        extents[0] = 1 + random.nextInt(2);
        extents[1] = inputs;
        boolean square = random.nextBoolean();
        int kernel = pick(KERNELS, random);
        int stride = random.nextInt(3) == 0 ? 2 + random.nextInt(3) : 1;
        int dilation = random.nextInt(4) == 0 ? 2 + random.nextInt(2) : 1;
        for (int i = 0; i < rank; i++) {
            kernel = square ? kernel : pick(KERNELS, random);
            stride = square ? stride : 1 + random.nextInt(3);
            dilation = square ? dilation : 1 + random.nextInt(2);
            int effective = dilation * (kernel - 1) + 1;
            int pad = random.nextInt(effective / 2 + 1);
            int padAfter = random.nextInt(3) == 0 ? random.nextInt(effective) : pad;
            axes.add(new Axis(kernel, stride, dilation, pad, padAfter));
            outputPadding.add(random.nextInt(3) == 0 ? random.nextInt(Math.max(stride, dilation)) : 0);
            int cut = Math.max(0, pad + padAfter + 1 - effective);
            int least = transposed ? 1 + (cut + stride - 1) / stride : Math.max(1, effective - pad - padAfter);
            extents[i + 2] = least + random.nextInt(rank == 1 ? 40 : rank == 2 ? 14 : 6);
        }
        Window window = new Window(axes);
        Layer layer =
                transposed ? new TransposedConvolution(window, groups, outputPadding) : new Convolution(window, groups);
        return new ConvolutionCase(layer, Shape.of(extents), outputs, random.nextBoolean());
    }

    private static int pick(int[] choices, Random random) {
        return choices[random.nextInt(choices.length)];
    }

    /** Products of one image; a transposed convolution's on the Java back end, which does not leave out zeros. */
    private static long products(ConvolutionCase each) {
        Shape dst = each.shape();
        return (long) dst.elements()
                * each.src().extent(1)
                / each.groups()
                * each.window().taps();
    }

    /** The graph of a case with these weights and, where there are three, bias. */
    public static Graph graph(ConvolutionCase each, Tensor... sources) {
        GraphBuilder builder = Graph.builder("case").input("src", each.src());
        List<Value> constants = new ArrayList<>();
        for (Tensor constant : Arrays.asList(sources).subList(1, sources.length)) {
            constants.add(builder.constant("constant", constant));
        }
        return builder.then(each.layer(), constants.toArray(Value[]::new)).build();
    }

    /** Random numbers about 0 with a deviation of 1, in tensors like these. */
    public static Tensor[] reals(Random random, Tensor... like) {
        return Arrays.stream(like).map(tensor -> reals(random, tensor.shape())).toArray(Tensor[]::new);
    }

    /** Random numbers about 0 with a deviation of 1. */
    public static Tensor reals(Random random, Shape shape) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextGaussian());
        }
        return tensor;
    }

    /** What a sum of products may be off: 4·ε·K·max|src|·max|weights|, and as much for the bias. */
    public static double tolerance(ConvolutionCase each, Tensor... sources) {
        double products =
                (double) each.src().extent(1) / each.groups() * each.window().taps();
        return tolerance(products, sources);
    }

    /** The same of so many products a sum, of src, weights and perhaps bias. */
    public static double tolerance(double products, Tensor... sources) {
        double bias = sources.length == 3 ? largest(sources[2]) : 0;
        return 4 * Math.ulp(1f) * (products * largest(sources[0]) * largest(sources[1]) + bias);
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (int i = 0; i < tensor.shape().elements(); i++) {
            largest = Math.max(largest, Math.abs(tensor.get(i)));
        }
        return largest;
    }
}
