package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Context;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Inverted residual blocks, and pointwise convolutions after others, depth first: as the Java back end computes them layer by layer, whatever the bands. */
class BandsTest {
    private static final int CASES = 150;
    private static final Activation CLIP = new Activation(Activation.Kind.CLIP, -3, 60);
    private static final Activation SWISH = new Activation(Activation.Kind.SWISH, 1, 0);

    /** All blocks, in bands of two rows of dst. */
    private static final BandsRule NARROW = new BandsRule(0, 0);

    private record Result(List<Tensor> dst, List<StepReport> steps) {
        List<StepReport> bands() {
            return steps.stream()
                    .filter(step -> step.algorithm().startsWith("depth first"))
                    .toList();
        }
    }

    @Test
    void equalsJavaExactlyOnWholeNumbers() {
        int banded = 0;
        for (int seed = 0; seed < CASES; seed++) {
            Random random = new Random(seed);
            Plan plan = Compiler.compile(net(random, CLIP).build(), OptimizationLevel.ALL);
            Tensor src = whole(random, plan.inputs().get(0).shape(), 3);
            int threads = 1 + random.nextInt(3);
            BandsRule rule = new BandsRule(0, random.nextInt(4) * 8000L);
            Result got = run(plan, new ExecutionOptions(threads), rule, src);
            List<Tensor> want = inJava(plan, src);
            for (int i = 0; i < want.size(); i++) {
                Difference.between(got.dst().get(i), want.get(i))
                        .requireWithin(0, "seed " + seed + ", " + threads + " threads: " + plan);
            }
            banded += got.bands().size();
        }
        assertThat(banded).isGreaterThan(CASES * 3 / 4);
    }

    @Test
    void doesNotDependOnThreadsOrBands() {
        for (int seed = 0; seed < 20; seed++) {
            for (Precision precision : Precision.values()) {
                Random random = new Random(seed);
                Plan plan = Compiler.compile(net(random, SWISH).build(), OptimizationLevel.ALL);
                Tensor src = AgainstJava.random(plan.inputs().get(0).shape());
                ExecutionOptions options = new ExecutionOptions(1).precision(precision);
                Result one = run(plan, options, new BandsRule(0, Long.MAX_VALUE), src);
                for (int threads : List.of(1, 2, 3, 5)) {
                    Result more = run(plan, options.intraOpThreads(threads), NARROW, src);
                    for (int i = 0; i < one.dst().size(); i++) {
                        assertThat(more.dst().get(i).bytes())
                                .as("seed %d, %s, %d threads", seed, precision, threads)
                                .isEqualTo(one.dst().get(i).bytes());
                    }
                }
                List<Tensor> want = inJava(plan, src);
                double limit = precision == Precision.BF16 ? 1e-3 : 1e-10;
                for (int i = 0; i < want.size(); i++) {
                    Difference.between(one.dst().get(i), want.get(i)).requireNormalised(limit, "seed " + seed);
                }
            }
        }
    }

    @Test
    void pairsAreBanded() {
        int banded = 0;
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            Plan plan = Compiler.compile(pair(random, CLIP).build(), OptimizationLevel.ALL);
            Tensor src = whole(random, plan.inputs().get(0).shape(), 3);
            Result result = run(plan, new ExecutionOptions(1 + seed % 3), NARROW, src);
            Difference.between(result.dst().get(0), inJava(plan, src).get(0)).requireWithin(0, "seed " + seed);
            banded += result.bands().size();
        }
        assertThat(banded).isGreaterThan(30);
    }

    @Test
    void firstLayersAreBandedWithTheirPooling() {
        int banded = 0;
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            Plan plan = Compiler.compile(pooled(random, CLIP).build(), OptimizationLevel.ALL);
            Tensor src = whole(random, plan.inputs().get(0).shape(), 3);
            ExecutionOptions options = new ExecutionOptions(1 + seed % 3);
            BandsRule rule = new BandsRule(0, random.nextInt(4) * 8000L);
            Result result = run(plan, options, rule, src);
            Difference.between(result.dst().get(0), inJava(plan, src).get(0)).requireWithin(0, "seed " + seed);
            banded += result.bands().size();
            assertThat(run(plan, options.precision(Precision.BF16), rule, src).bands())
                    .noneMatch(step -> step.layer().contains("Pooling"));
        }
        assertThat(banded).isGreaterThan(50);
    }

    @Test
    void firstLayersOfManyRowsAreFilteredInBands() {
        Random random = new Random(5);
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(1, 3, 112, 106));
        net = net.convolution(
                Window.square(7).stride(2).pad(3),
                whole(random, Shape.of(64, 3, 7, 7), 2),
                whole(random, Shape.of(64), 3));
        Plan plan = Compiler.compile(
                net.relu().maxPooling(Window.square(3).stride(2).pad(1)).build(), OptimizationLevel.ALL);
        Tensor src = whole(random, plan.inputs().get(0).shape(), 3);
        for (int threads : List.of(1, 3)) {
            Result result = run(plan, new ExecutionOptions(threads), NARROW, src);
            Difference.between(result.dst().get(0), inJava(plan, src).get(0)).requireWithin(0, threads + " threads");
            assertThat(result.bands()).singleElement().satisfies(step -> assertThat(step.implementation())
                    .isEqualTo("conv4j"));
        }
    }

    @Test
    void poolingOfOverlappingWindowsRepeatsNoRowsOfStrideOne() {
        Random random = new Random(4);
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(1, 3, 20, 20));
        net = net.convolution(
                Window.square(3).pad(1), whole(random, Shape.of(16, 3, 3, 3), 2), whole(random, Shape.of(16), 3));
        Plan plan = Compiler.compile(
                net.maxPooling(Window.square(3).stride(2).pad(1)).build(), OptimizationLevel.ALL);
        assertThat(run(plan, new ExecutionOptions(1), NARROW, whole(random, Shape.of(1, 3, 20, 20), 3))
                        .bands())
                .isEmpty();
    }

    @Test
    void isOneStepWithAllNames() {
        Random random = new Random(1);
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(1, 8, 14, 14));
        Value src = net.value();
        net = pointwise(net, random, 8, 32).activation(CLIP);
        net = depthwise(net, random, 32, Window.square(3).pad(1)).activation(CLIP);
        net = pointwise(net, random, 32, 8).add(src);
        Plan plan = Compiler.compile(net.build(), OptimizationLevel.ALL);
        Result result = run(plan, new ExecutionOptions(1), NARROW, whole(random, src.shape(), 3));
        assertThat(result.bands()).hasSize(1).allSatisfy(step -> {
            List<String> names = plan.steps().stream().map(Step::name).toList();
            assertThat(step.name()).isEqualTo(names.get(0));
            assertThat(step.with()).isEqualTo(names.subList(1, 3));
            assertThat(step.layer()).isEqualTo("Convolution+clip, Convolution+clip, Convolution+add");
            assertThat(step.slow()).isFalse();
        });
        ExecutionOptions mixed = new ExecutionOptions(1)
                .precision(Precision.BF16)
                .keptF32(Set.of(plan.steps().get(1).name()));
        assertThat(run(plan, mixed, NARROW, whole(random, src.shape(), 3)).bands())
                .isEmpty();
    }

    @Test
    void takesTheMeanAndKeepsWhatOthersRead() {
        Random random = new Random(2);
        for (int threads : List.of(1, 2, 3)) {
            GraphBuilder net = Graph.builder("net").input("src", Shape.of(2, 5, 17, 11));
            net = pointwise(net, random, 5, 24).activation(SWISH);
            net = depthwise(net, random, 24, Window.square(5).stride(2).pad(2)).activation(SWISH);
            Value whole = net.value();
            Value mean = net.globalAveragePooling().softmax().value();
            Plan plan = Compiler.compile(net.from(whole).multiply(mean).build(), OptimizationLevel.ALL);
            Tensor src = AgainstJava.random(plan.inputs().get(0).shape());
            Result result = run(plan, new ExecutionOptions(threads), NARROW, src);
            Difference.between(result.dst().get(0), inJava(plan, src).get(0)).requireNormalised(1e-10, "mean");
            assertThat(result.bands()).hasSize(1);
            assertThat(result.steps()).noneMatch(step -> step.layer().startsWith("Pooling"));
        }
    }

    @Test
    void writesOutputsWithinABlock() {
        Random random = new Random(3);
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(1, 8, 14, 14));
        net = pointwise(net, random, 8, 32).relu();
        Value expanded = net.value();
        net = depthwise(net, random, 32, Window.square(3).pad(1)).relu();
        Value filtered = net.value();
        Graph graph = pointwise(net, random, 32, 8)
                .output()
                .output(filtered)
                .output(expanded)
                .build();
        Plan plan = Compiler.compile(graph, OptimizationLevel.ALL);
        Tensor src = whole(random, Shape.of(1, 8, 14, 14), 3);
        Result result = run(plan, new ExecutionOptions(2), NARROW, src);
        List<Tensor> want = inJava(plan, src);
        for (int i = 0; i < want.size(); i++) {
            Difference.between(result.dst().get(i), want.get(i)).requireWithin(0, "output " + i);
        }
        assertThat(result.bands()).isEmpty();
    }

    private static GraphBuilder net(Random random, Activation activation) {
        return random.nextInt(4) == 0 ? pair(random, activation) : block(random, activation);
    }

    /** A first layer or a pointwise convolution, the maxima of its result over some windows, and perhaps a projection. */
    private static GraphBuilder pooled(Random random, Activation activation) {
        boolean first = random.nextInt(3) > 0;
        int few = first ? 1 + random.nextInt(4) : 2 + random.nextInt(20);
        int many = 8 + random.nextInt(60);
        GraphBuilder net = Graph.builder("pooled")
                .input("src", Shape.of(1 + random.nextInt(3), few, 9 + random.nextInt(20), 9 + random.nextInt(20)));
        boolean apart = random.nextBoolean();
        int kernel = 3 + 2 * random.nextInt(2);
        Window window = padded(random, kernel, apart ? 1 + random.nextInt(2) : 2);
        net = first
                ? net.convolution(window, whole(random, Shape.of(many, few, kernel, kernel), 1), bias(random, many))
                : pointwise(net, random, few, many);
        net = activated(net, random, activation);
        net = net.maxPooling(apart ? Window.square(2).stride(2) : padded(random, 3, 1 + random.nextInt(2)));
        return random.nextBoolean() ? net : pointwise(net, random, many, 1 + random.nextInt(40));
    }

    /** A first layer or a pointwise convolution and a pointwise one after it, which may add to the block's src. */
    private static GraphBuilder pair(Random random, Activation activation) {
        boolean first = random.nextBoolean();
        int few = first ? 1 + random.nextInt(4) : 2 + random.nextInt(20);
        int many = 8 + random.nextInt(60);
        GraphBuilder net = Graph.builder("pair")
                .input("src", Shape.of(1 + random.nextInt(3), few, 5 + random.nextInt(20), 5 + random.nextInt(20)));
        Value src = net.value();
        int kernel = 3 + 2 * random.nextInt(2);
        Window window = padded(random, kernel, 1 + random.nextInt(2));
        net = first
                ? net.convolution(window, whole(random, Shape.of(many, few, kernel, kernel), 1), bias(random, many))
                : pointwise(net, random, few, many);
        net = activated(net, random, activation);
        if (!first && random.nextBoolean()) {
            return pointwise(net, random, many, few).add(src);
        }
        return activated(pointwise(net, random, many, 1 + random.nextInt(40)), random, activation);
    }

    /** A block of random extents, kernels, strides and paddings, which may begin with a first layer. */
    private static GraphBuilder block(Random random, Activation activation) {
        boolean first = random.nextInt(4) == 0;
        int few = first ? 3 : 2 + random.nextInt(20);
        int many = 8 + random.nextInt(60);
        GraphBuilder net = Graph.builder("net")
                .input("src", Shape.of(1 + random.nextInt(3), few, 11 + random.nextInt(14), 11 + random.nextInt(14)));
        Value src = net.value();
        boolean again = random.nextInt(3) == 0;
        net = first
                ? net.convolution(padded(random, 3, 2), whole(random, Shape.of(many, few, 3, 3), 2), bias(random, many))
                : pointwise(net, random, few, many);
        net = activated(net, random, activation);
        int kernel = 3 + 2 * random.nextInt(2);
        boolean residual = !first && random.nextInt(2) == 0;
        int stride = residual ? 1 : 1 + random.nextInt(2);
        Window window = residual ? Window.square(kernel).pad(kernel / 2) : padded(random, kernel, stride);
        net = activated(depthwise(net, random, many, window), random, activation);
        if (residual) {
            net = pointwise(net, random, many, few).add(src);
            // What is read again must not have been written over.
            return again ? net.concat(src) : net;
        }
        if (random.nextInt(3) > 0) {
            net = pointwise(net, random, many, 1 + random.nextInt(40));
        }
        return net;
    }

    private static GraphBuilder activated(GraphBuilder net, Random random, Activation activation) {
        return switch (random.nextInt(3)) {
            case 0 -> net;
            case 1 -> net.relu();
            default -> net.activation(activation);
        };
    }

    private static Window padded(Random random, int kernel, int stride) {
        int most = kernel / 2 + 1;
        return new Window(List.of(
                new Axis(kernel, stride, 1, random.nextInt(most), random.nextInt(most)),
                new Axis(kernel, stride, 1, random.nextInt(most), random.nextInt(most))));
    }

    private static GraphBuilder pointwise(GraphBuilder net, Random random, int in, int out) {
        return net.convolution(Window.square(1), whole(random, Shape.of(out, in, 1, 1), 2), bias(random, out));
    }

    private static GraphBuilder depthwise(GraphBuilder net, Random random, int channels, Window window) {
        int kernel = window.axis(0).kernel();
        return net.convolution(
                window, channels, whole(random, Shape.of(channels, 1, kernel, kernel), 1), bias(random, channels));
    }

    private static Tensor bias(Random random, int channels) {
        return whole(random, Shape.of(channels), 3);
    }

    private static Tensor whole(Random random, Shape shape, int most) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextInt(2 * most + 1) - most);
        }
        return tensor;
    }

    private static List<Tensor> inJava(Plan plan, Tensor src) {
        List<Tensor> dst = plan.outputs().stream()
                .map(output -> Tensor.zeros(output.type()))
                .toList();
        try (var executable = new JavaBackend().prepare(plan, new ExecutionOptions(1));
                Context context = executable.newContext()) {
            context.run(List.of(src), dst);
        }
        return dst;
    }

    private static Result run(Plan plan, ExecutionOptions options, BandsRule rule, Tensor src) {
        Resources resources = new Resources();
        NativeNetwork.setThreads(options.intraOpThreads());
        ProgramBuilder program;
        try {
            program = Lowering.lower(plan, options, resources, rule);
        } finally {
            NativeNetwork.setThreads(0);
        }
        List<Tensor> dst = plan.outputs().stream()
                .map(output -> Tensor.zeros(output.type()))
                .toList();
        try (OnednnExecutable executable =
                        OnednnExecutable.load(plan, program, resources, options.intraOpThreads(), JavaKernels::run);
                Context context = executable.newContext()) {
            context.run(List.of(src), dst);
            context.run(List.of(src), dst);
            return new Result(dst, executable.steps());
        }
    }
}
