package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
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
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Normalisations that are done along with the convolution after them, against the Java back end: whole numbers, exact. */
class PreactivationTest {
    private final SplittableRandom random = new SplittableRandom(28);

    /** Sums that keep the normalisation from being folded into a convolution before it. */
    private GraphBuilder net(int channels, int rows, int columns) {
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(2, channels, rows, columns));
        Value src = net.value();
        return net.maxPooling(Window.square(3).pad(1)).add(src);
    }

    private Tensor whole(int from, int to, int... extents) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, random.nextInt(from, to + 1));
        }
        return tensor;
    }

    private GraphBuilder normalised(GraphBuilder net) {
        int channels = net.value().shape().extent(1);
        return net.batchNormalization(
                0, whole(1, 2, channels), whole(-2, 2, channels), whole(-2, 2, channels), whole(1, 1, channels));
    }

    private GraphBuilder convolution(GraphBuilder net, Window window, int channels) {
        int sources = net.value().shape().extent(1);
        int[] kernel = window.kernel();
        return net.convolution(window, whole(-1, 1, channels, sources, kernel[0], kernel[1]), whole(-2, 2, channels));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 20, 9, 9, 7",
        "2, 20, 9, 9, 7",
        "1, 64, 30, 31, 70",
        "2, 64, 30, 31, 70",
        "2, 1100, 3, 5, 33",
        "1, 1, 1, 1, 1"
    })
    void normalisesWhileItMultiplies(int threads, int channels, int rows, int columns, int outputs) {
        GraphBuilder net = normalised(net(channels, rows, columns)).relu();
        List<StepReport> steps = check(convolution(net, Window.square(1), outputs), threads);
        assertThat(steps)
                .filteredOn(step -> step.layer().equals("BatchNormalization+relu, Convolution"))
                .singleElement()
                .satisfies(step -> assertThat(step.with()).hasSize(1));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void addsAndActivatesAfterwards(boolean operandFirst) {
        GraphBuilder net = net(24, 8, 10);
        Value before = net.value();
        Value branch = convolution(normalised(net), Window.square(1), 24).value();
        net = operandFirst ? net.from(before).add(branch) : net.from(branch).add(before);
        assertThat(check(net.relu(), 2))
                .anyMatch(step -> step.layer().equals("BatchNormalization, Convolution+add+relu"));
    }

    @Test
    void isDoneOnItsOwnWhereOthersReadTheResult() {
        GraphBuilder net = normalised(net(20, 9, 9)).relu();
        Value read = net.value();
        Value one = convolution(net, Window.square(1), 5).value();
        Value two = convolution(net.from(read), Window.square(1), 5).value();
        assertThat(check(net.from(one).add(two), 1)).noneMatch(PreactivationTest::isFused);
    }

    @Test
    void isDoneOnItsOwnWhereTheResultIsAnOutput() {
        GraphBuilder net = normalised(net(20, 9, 9)).relu().output();
        assertThat(check(convolution(net, Window.square(1), 5).output(), 1)).noneMatch(PreactivationTest::isFused);
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 1", "1, 2, 0", "1, 1, 1"})
    void isDoneOnItsOwnBeforeOtherWindows(int kernel, int stride, int pad) {
        GraphBuilder net = normalised(net(20, 9, 9)).relu();
        Window window = Window.square(kernel).stride(stride).pad(pad);
        assertThat(check(convolution(net, window, 5), 1)).noneMatch(PreactivationTest::isFused);
    }

    private static boolean isFused(StepReport step) {
        return step.layer().startsWith("BatchNormalization") && step.layer().contains(", Convolution");
    }

    /** The steps of the oneDNN back end, whose results are those of the Java one in a first run and in a second. */
    private List<StepReport> check(GraphBuilder builder, int threads) {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        List<Tensor> inputs = plan.inputs().stream()
                .map(input -> whole(-3, 3, input.shape().extents()))
                .toList();
        List<Tensor> want = zeros(plan);
        List<Tensor> got = zeros(plan);
        try (Executable judge = new JavaBackend().prepare(plan, new ExecutionOptions(1));
                Context context = judge.newContext()) {
            context.run(inputs, want);
        }
        try (Executable executable = new OnednnBackend(JavaKernels::run).prepare(plan, new ExecutionOptions(threads));
                Context context = executable.newContext()) {
            for (int run = 0; run < 2; run++) {
                context.run(inputs, got);
                for (int i = 0; i < want.size(); i++) {
                    Difference.between(got.get(i), want.get(i)).requireWithin(0, plan.name());
                }
            }
            return executable.steps();
        }
    }

    private static List<Tensor> zeros(Plan plan) {
        return plan.outputs().stream()
                .map(output -> Tensor.zeros(output.type()))
                .toList();
    }
}
