package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.random;
import static io.conv4j.backend.onednn.AgainstJava.run;
import static org.assertj.core.api.Assertions.assertThat;

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
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Convolutions of groups with few channels on the kernel of our own, and what it leaves to oneDNN. */
class GroupedTest {
    private static final int SEED = 20241125;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void equalsJava() {
        for (int channels : List.of(2, 4, 8, 16, 32)) {
            for (int groups : List.of(2, 3, 5)) {
                for (int stride : List.of(1, 2)) {
                    Window window = Window.square(3).stride(stride).pad(1);
                    for (int threads : List.of(1, 2)) {
                        expectOurs(check(convolution(channels, groups, window).relu(), threads));
                        expectOurs(check(convolution(channels, groups, window), threads));
                    }
                }
            }
        }
    }

    /** On maps that are worth it, where it is allowed. */
    @Test
    void takesWinogradsFiltering() {
        for (int channels : List.of(4, 32)) {
            Graph graph = convolution(channels, 3, Window.square(3).pad(1)).build();
            Tensor src = random(graph.inputs().get(0).shape());
            try (Session java = Session.open(graph, SessionOptions.throughput().backend("java"));
                    Session ours = Session.open(graph, SessionOptions.throughput());
                    Session plain =
                            Session.open(graph, SessionOptions.throughput().winograd(false))) {
                assertThat(algorithms(ours)).containsOnlyOnce("grouped, winograd F(2x1)");
                assertThat(algorithms(plain)).containsOnlyOnce("grouped");
                Difference.between(plain.run(src), java.run(src)).requireNormalised(1e-12, "plain");
                Difference.between(ours.run(src), java.run(src)).requireNormalised(1e-12, "by Winograd's filtering");
            }
        }
    }

    private static List<String> algorithms(Session session) {
        return session.describe().steps().stream().map(StepReport::algorithm).toList();
    }

    /** With whole numbers of all sums below 2^24, on windows, extents and threads out of a hat. */
    @Test
    void isExactForWholeNumbers() {
        for (int i = 0; i < 60; i++) {
            int channels = 2 << random.nextInt(5);
            int groups = 2 + random.nextInt(4);
            Shape src =
                    Shape.of(1 + random.nextInt(3), channels * groups, 1 + random.nextInt(20), 5 + random.nextInt(16));
            int stride = 1 + random.nextInt(2);
            Window window = new Window(List.of(axis(src.extent(2), stride), axis(src.extent(3), stride)));
            Graph graph = Graph.builder("net")
                    .input("src", src)
                    .convolution(
                            window,
                            groups,
                            whole(Shape.of(channels * groups, channels, 3, 3)),
                            whole(Shape.of(channels * groups)))
                    .build();
            Plan plan = Compiler.compile(graph, OptimizationLevel.ALL);
            List<Tensor> inputs = List.of(whole(src));
            Tensor want = Tensor.zeros(plan.outputs().get(0).type());
            run(new JavaBackend(), plan, 1, inputs, want);
            Tensor got = Tensor.zeros(want.type());
            expectOurs(run(new OnednnBackend(JavaKernels::run), plan, 1 + random.nextInt(3), inputs, got));
            assertThat(Difference.between(got, want).largest())
                    .as("seed %d, case %d: %s from %s", SEED, i, window, src)
                    .isZero();
        }
    }

    /** An axis with at most one element of padding on either side, and more before it than fits if it is short. */
    private Axis axis(int extent, int stride) {
        int before = extent < 3 ? 1 : random.nextInt(2);
        int after = extent < 3 ? 1 : random.nextInt(2);
        return new Axis(3, stride, 1, before, after);
    }

    @Test
    void addsWhatFollows() {
        for (int threads : List.of(1, 2)) {
            GraphBuilder builder = convolution(8, 4, Window.square(3).pad(1));
            Value skip = builder.relu().value();
            builder = builder.convolution(
                    Window.square(3).pad(1), 4, random(Shape.of(32, 8, 3, 3)), random(Shape.of(32)));
            assertThat(check(builder.add(skip).relu(), threads))
                    .filteredOn(step -> step.algorithm().startsWith("grouped"))
                    .hasSize(2);
            List<StepReport> steps =
                    check(convolution(16, 2, Window.square(3).pad(1)).globalAveragePooling(), threads);
            expectOurs(steps);
            assertThat(steps).as("%s", steps).noneMatch(step -> step.layer().startsWith("Pooling"));
        }
    }

    @Test
    void resultsDoNotDependOnThreads() {
        Plan plan = Compiler.compile(convolution(8, 5, Window.square(3).pad(1)).build(), OptimizationLevel.ALL);
        List<Tensor> inputs = List.of(random(plan.inputs().get(0).shape()));
        Tensor one = Tensor.zeros(plan.outputs().get(0).type());
        run(new OnednnBackend(JavaKernels::run), plan, 1, inputs, one);
        for (int threads : List.of(2, 3, 40)) {
            Tensor more = Tensor.zeros(one.type());
            run(new OnednnBackend(JavaKernels::run), plan, threads, inputs, more);
            assertThat(more.bytes()).isEqualTo(one.bytes());
        }
    }

    /** To the squared rounding error of src, weights and dst, as other layers in bf16. */
    @Test
    void computesInBf16() {
        for (int channels : List.of(4, 8, 32)) {
            for (int stride : List.of(1, 2)) {
                Graph graph = convolution(
                                channels, 6, Window.square(3).stride(stride).pad(1))
                        .relu()
                        .build();
                Tensor src = random(graph.inputs().get(0).shape());
                try (Session java =
                                Session.open(graph, SessionOptions.throughput().backend("java"));
                        Session ours = Session.open(
                                graph,
                                SessionOptions.throughput().backend("onednn").precision(Precision.BF16))) {
                    expectOurs(ours.describe().steps());
                    Difference.between(ours.run(src), java.run(src)).requireNormalised(3e-5, "" + graph.nodes());
                }
            }
        }
    }

    @Test
    void leavesTheRestToOneDnn() {
        for (Window window : List.of(
                Window.square(3).pad(2),
                Window.square(3).pad(2).dilation(2),
                Window.square(3).stride(3).pad(1),
                Window.square(1),
                Window.square(5).pad(2))) {
            assertThat(check(convolution(4, 4, window), 1))
                    .noneMatch(step -> step.algorithm().startsWith("grouped"));
        }
        assertThat(check(convolution(32, 1, Window.square(3).stride(2).pad(1)), 1))
                .noneMatch(step -> step.algorithm().startsWith("grouped"));
        for (int channels : List.of(3, 24, 64)) {
            assertThat(check(convolution(channels, 2, Window.square(3).pad(1)), 1))
                    .noneMatch(step -> step.algorithm().startsWith("grouped"));
        }
    }

    private static void expectOurs(List<StepReport> steps) {
        assertThat(steps)
                .filteredOn(step -> step.algorithm().startsWith("grouped"))
                .hasSize(1)
                .allSatisfy(step -> assertThat(step.implementation()).isEqualTo("conv4j"));
    }

    private Tensor whole(Shape shape) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextInt(-9, 10));
        }
        return tensor;
    }

    private static GraphBuilder convolution(int channels, int groups, Window window) {
        int kernel = window.axis(0).kernel();
        int all = channels * groups;
        return Graph.builder("net")
                .input("src", Shape.of(2, all, 13, 17))
                .convolution(window, groups, random(Shape.of(all, channels, kernel, kernel)), random(Shape.of(all)));
    }
}
