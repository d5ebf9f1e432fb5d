package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Backend;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Concatenations along the channels whose parts are read where they lie. Whole numbers: exact in f32. */
class JoinTest {
    private final SplittableRandom random = new SplittableRandom(20);

    private GraphBuilder net(int channels) {
        return Graph.builder("net").input("src", Shape.of(2, channels, 9, 9));
    }

    private Tensor whole(int from, int to, int... extents) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, random.nextInt(from, to + 1));
        }
        return tensor;
    }

    private GraphBuilder pointwise(GraphBuilder net, int channels) {
        int sources = net.value().shape().extent(1);
        return net.convolution(Window.square(1), whole(-1, 1, channels, sources, 1, 1), whole(-2, 2, channels));
    }

    private GraphBuilder normalised(GraphBuilder net) {
        int channels = net.value().shape().extent(1);
        Tensor variance = whole(1, 1, channels);
        return net.batchNormalization(
                0, whole(1, 2, channels), whole(-2, 2, channels), whole(-2, 2, channels), variance);
    }

    @ParameterizedTest
    @CsvSource({"1, F32", "2, F32", "1, BF16", "2, BF16"})
    void normalisesDenseBlocksWithoutCopies(int threads, Precision precision) {
        GraphBuilder net = pointwise(net(3), 20).relu();
        Value src = net.value();
        Value first = pointwise(net, 7).value();
        Value joined = net.from(src).concat(first).value();
        Value second = pointwise(normalised(net).relu(), 16).value();
        net.from(joined).concat(second);
        ExecutionOptions options = new ExecutionOptions(threads).precision(precision);
        List<StepReport> steps = check(pointwise(normalised(net), 3), options);
        assertThat(steps).noneMatch(step -> step.layer().equals("Concat"));
        assertThat(steps)
                .extracting(StepReport::algorithm)
                .filteredOn(algorithm -> algorithm.contains("joins"))
                .satisfiesExactly(two -> assertThat(two).contains("joins 2 tensors"), three -> assertThat(three)
                        .contains("joins 3 tensors"));
        assertThat(steps)
                .filteredOn(step -> step.layer().startsWith("BatchNormalization"))
                .allMatch(step -> step.layer().contains("Convolution")
                        == (OnednnBackend.onThisCpu(options).precision() == Precision.F32));
    }

    @ParameterizedTest
    @CsvSource({"1, F32", "3, F32", "1, BF16", "2, BF16"})
    void copiesPixelsOfAnyChannels(int threads, Precision precision) {
        for (int channels : new int[] {1, 15, 16, 40}) {
            GraphBuilder net = pointwise(net(3), channels).relu();
            Value one = net.value();
            Value two = pointwise(net, 33).value();
            net.from(one).concat(two, pointwise(net.from(one), 2).value());
            ExecutionOptions options = new ExecutionOptions(threads).precision(precision);
            assertThat(check(net.maxPooling(Window.square(3).stride(2)), options))
                    .filteredOn(step -> step.layer().equals("Concat"))
                    .singleElement()
                    .satisfies(step -> assertThat(step.implementation()).isEqualTo("conv4j"));
        }
    }

    @Test
    void putsTogetherOnceWhatOthersReadInOnePiece() {
        GraphBuilder net = pointwise(net(3), 20).relu();
        Value src = net.value();
        Value joined = net.from(src).concat(pointwise(net, 5).value()).value();
        Value one = pointwise(net.from(joined), 4).value();
        Value two = pointwise(net.from(joined), 4).relu().value();
        Value three = pointwise(normalised(net.from(joined)), 4).value();
        assertThat(check(net.from(one).add(two).add(three), new ExecutionOptions(2)))
                .filteredOn(step -> step.layer().equals("Concat"))
                .hasSize(1);
    }

    @Test
    void keepsPartsThatOthersWouldOverwrite() {
        GraphBuilder net = pointwise(net(3), 16).relu();
        Value part = net.value();
        Value joined = net.concat(pointwise(net, 16).value()).value();
        // In place over the part, were it not read again through the joined value.
        Value changed = pointwise(
                        net.from(part)
                                .activation(Activation.of(Activation.Kind.ABS))
                                .add(part),
                        4)
                .value();
        Value other = pointwise(normalised(net.from(joined)), 4).value();
        check(net.from(changed).add(other), new ExecutionOptions(1));
    }

    @Test
    void writesJoinedOutputs() {
        GraphBuilder net = pointwise(net(3), 20).relu();
        Value src = net.value();
        Value joined = net.from(src).concat(pointwise(net, 3).value()).value();
        net.output(joined);
        check(pointwise(normalised(net.from(joined)), 4).output(), new ExecutionOptions(1));
    }

    @ParameterizedTest
    @CsvSource({"1, 32, 32", "2, 32, 32", "1, 48, 17", "1, 20, 44"})
    void winogradsAlgorithmReadsPartsOfWholeVectors(int threads, int first, int second) {
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(1, 3, 28, 28));
        Value src = net.value();
        Value one = pointwise(net, first).relu().value();
        Value two = pointwise(net.from(src), second).value();
        net.from(one).concat(two);
        int channels = first + second;
        net.convolution(Window.square(3).pad(1), whole(-2, 2, 64, channels, 3, 3), whole(-2, 2, 64));
        List<StepReport> steps = check(net, new ExecutionOptions(threads));
        assertThat(steps).anyMatch(step -> step.algorithm().startsWith("winograd"));
        assertThat(steps).filteredOn(step -> step.layer().equals("Concat")).hasSize(first % 16 == 0 ? 0 : 1);
    }

    private List<StepReport> check(GraphBuilder builder, ExecutionOptions options) {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        List<Tensor> inputs = plan.inputs().stream()
                .map(input -> whole(-3, 3, input.shape().extents()))
                .toList();
        List<Tensor> want = zeros(plan);
        run(new JavaBackend(), plan, new ExecutionOptions(1), inputs, want);
        List<Tensor> got = zeros(plan);
        List<StepReport> steps = run(new OnednnBackend(JavaKernels::run), plan, options, inputs, got);
        boolean exact = options.precision() == Precision.F32
                && steps.stream().noneMatch(step -> step.algorithm().startsWith("winograd"));
        for (int i = 0; i < want.size(); i++) {
            Difference difference = Difference.between(got.get(i), want.get(i));
            if (exact) {
                difference.requireWithin(0, plan.name());
            } else {
                difference.requireNormalised(options.precision() == Precision.F32 ? 1e-9 : 1e-4, plan.name());
            }
        }
        return steps;
    }

    private static List<Tensor> zeros(Plan plan) {
        return plan.outputs().stream()
                .map(output -> Tensor.zeros(output.type()))
                .toList();
    }

    private static List<StepReport> run(
            Backend backend, Plan plan, ExecutionOptions options, List<Tensor> inputs, List<Tensor> outputs) {
        try (Executable executable = backend.prepare(plan, options);
                Context context = executable.newContext()) {
            context.run(inputs, outputs);
            context.run(inputs, outputs);
            return executable.steps();
        }
    }
}
