package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.AlgorithmOptions;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.Tuning;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every algorithm that can be chosen gives Java's numbers, is chosen by measuring or by a file, and is reported. */
class TuningTest {
    private static final double ROUNDING = 1e-9;
    private static final double BF16_ROUNDING = 1e-3;

    @TempDir
    private Path folder = Path.of("");

    private static Tensor normal(long seed, double deviation, Shape shape) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, deviation * random.nextGaussian());
        }
        return tensor;
    }

    private static Tensor weights(int... extents) {
        Shape shape = Shape.of(extents);
        return normal(3, 1 / Math.sqrt((double) shape.elements() / shape.extent(0)), shape);
    }

    private static Tensor bias(int channels) {
        return normal(4, 1, Shape.of(channels));
    }

    private static GraphBuilder net(int batch, int channels, int extent) {
        return Graph.builder("net").input("src", Shape.of(batch, channels, extent, extent));
    }

    /** One of each kind that has a choice, with post-ops of every kind that fuses in its own way. */
    static Stream<Graph> graphs() {
        GraphBuilder residual = net(2, 32, 18);
        Value skip = residual.value();
        GraphBuilder gated = net(2, 16, 12);
        Value ungated = gated.value();
        Value gate = gated.globalAveragePooling()
                .activation(Activation.of(Activation.Kind.SIGMOID))
                .value();
        GraphBuilder pointwise = net(1, 24, 9);
        Value given = pointwise.value();
        return Stream.of(
                net(1, 16, 20)
                        .convolution(Window.square(3).pad(1), weights(32, 16, 3, 3), bias(32))
                        .relu()
                        .build(),
                residual.convolution(Window.square(3).pad(1), weights(32, 32, 3, 3), bias(32))
                        .add(skip)
                        .relu()
                        .build(),
                net(1, 17, 23)
                        .convolution(Window.square(3).dilation(2).pad(2), weights(18, 17, 3, 3), bias(18))
                        .build(),
                pointwise
                        .convolution(Window.square(1), weights(24, 24, 1, 1), bias(24))
                        .add(given)
                        .relu()
                        .build(),
                gated.from(ungated)
                        .convolution(Window.square(1), weights(16, 16, 1, 1), bias(16))
                        .multiply(gate)
                        .build(),
                net(1, 16, 11)
                        .transposedConvolution(Window.square(4).stride(2).pad(1), weights(16, 8, 4, 4))
                        .relu()
                        .build(),
                net(1, 16, 10)
                        .transposedConvolution(Window.square(9).stride(3).pad(4), weights(16, 4, 9, 9))
                        .build(),
                net(1, 16, 13)
                        .transposedConvolution(Window.square(3).pad(1), weights(16, 24, 3, 3))
                        .relu()
                        .build());
    }

    private static Plan plan(Graph graph) {
        return Compiler.compile(graph, OptimizationLevel.ALL);
    }

    private static Step tuned(Graph graph) {
        return plan(graph).steps().stream()
                .filter(step -> step.layer().word().endsWith("Convolution"))
                .findFirst()
                .orElseThrow();
    }

    private static List<Algorithm> candidates(Graph graph, ExecutionOptions options) {
        return new AlgorithmChoice(plan(graph).constants(), options).candidates(tuned(graph));
    }

    private Path file() {
        return folder.resolve("net.tuning");
    }

    private SessionOptions options() {
        return SessionOptions.latency().backend("onednn").intraOpThreads(2).tuningFile(file());
    }

    /** As if written by hand: this algorithm for the graph's only layer with a choice. */
    private void prescribe(Graph graph, SessionOptions options, String algorithm) {
        ExecutionOptions execution = OnednnBackend.onThisCpu(options.execution());
        String key = StepKey.of(tuned(graph), execution, plan(graph).constants().keySet());
        new TuningFile(file(), StepKey.machine(execution.intraOpThreads()))
                .add(Map.of(key, new Measurement(algorithm, Map.of())));
    }

    private record Result(Tensor dst, List<StepReport> steps) {
        StepReport tuned() {
            return steps.stream()
                    .filter(step -> step.layer().contains("Convolution"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Result run(Graph graph, SessionOptions options) {
        try (Session session = Session.open(graph, options)) {
            Shape src = graph.inputs().get(0).shape();
            return new Result(session.run(normal(1, 1, src)), session.describe().steps());
        }
    }

    private static Tensor java(Graph graph) {
        return run(graph, SessionOptions.latency().backend("java")).dst();
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void everyCandidateOfAFileIsFollowedAndRight(Graph graph) {
        Tensor want = java(graph);
        List<Algorithm> candidates = candidates(graph, options().execution());

        assertThat(candidates).hasSizeGreaterThan(1);
        for (Algorithm candidate : candidates) {
            prescribe(graph, options(), candidate.toString());
            Result got = run(graph, options());

            assertThat(got.tuned().algorithm()).startsWith(candidate.toString());
            assertThat(got.tuned().measured()).isEqualTo("tuning file " + candidate);
            Difference.between(got.dst(), want).requireNormalised(ROUNDING, candidate + " of " + tuned(graph));
        }
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void everyCandidateIsRightInBf16(Graph graph) {
        Tensor want = java(graph);
        SessionOptions options = options().precision(Precision.BF16);
        for (Algorithm candidate : candidates(graph, OnednnBackend.onThisCpu(options.execution()))) {
            prescribe(graph, options, candidate.toString());
            Result got = run(graph, options);

            assertThat(got.tuned().measured()).isEqualTo("tuning file " + candidate);
            Difference.between(got.dst(), want).requireNormalised(BF16_ROUNDING, candidate + " of " + tuned(graph));
        }
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void measuresOnceAndKeepsItInTheFile(Graph graph) throws IOException {
        Result first = run(graph, options().tuning(Tuning.MEASURE));
        assertThat(first.tuned().measured()).startsWith("measured ").endsWith(" us");
        Difference.between(first.dst(), java(graph)).requireNormalised(ROUNDING, graph.name());

        FileTime longAgo = FileTime.fromMillis(0);
        Files.setLastModifiedTime(file(), longAgo);
        Result second = run(graph, options().tuning(Tuning.MEASURE));
        assertThat(second.tuned().measured()).isEqualTo(first.tuned().measured().replace("measured ", "tuning file "));
        assertThat(second.tuned().algorithm()).isEqualTo(first.tuned().algorithm());
        assertThat(Files.getLastModifiedTime(file())).as("nothing is written").isEqualTo(longAgo);

        assertThat(run(graph, options()).tuned().measured())
                .isEqualTo(second.tuned().measured());
    }

    @Test
    void measuresInBf16() {
        Graph graph = graphs().findFirst().orElseThrow();
        SessionOptions options = options().precision(Precision.BF16);
        Result got = run(graph, options.tuning(Tuning.MEASURE));

        assertThat(got.tuned().measured()).startsWith("measured ").contains("direct ");
        Difference.between(got.dst(), java(graph)).requireNormalised(BF16_ROUNDING, graph.name());
    }

    @Test
    void measuresStepsOfOneKindOnce() {
        GraphBuilder net = net(1, 16, 12);
        for (int i = 0; i < 3; i++) {
            net.convolution(Window.square(3).pad(1), weights(16, 16, 3, 3), bias(16))
                    .relu();
        }
        Result got = run(net.build(), options().tuning(Tuning.MEASURE));

        assertThat(got.steps())
                .filteredOn(step -> step.layer().startsWith("Convolution"))
                .hasSize(3)
                .extracting(StepReport::measured)
                .allMatch(times -> times.startsWith("measured "))
                .hasSize(3)
                .containsOnly(got.tuned().measured());
        assertThat(new TuningFile(file(), StepKey.machine(2)).read()).hasSize(1);
    }

    @Test
    void aFileDoesNotAllowWhatIsForbidden() {
        Graph graph = graphs().findFirst().orElseThrow();
        SessionOptions forbidding = options().winograd(false);
        assertThat(candidates(graph, forbidding.execution())).containsExactly(Algorithm.DIRECT);
        prescribe(graph, options(), "winograd F(4x4)");
        prescribe(graph, forbidding, "winograd F(4x4)");

        for (Tuning tuning : Tuning.values()) {
            StepReport report = run(graph, forbidding.tuning(tuning)).tuned();
            assertThat(report.algorithm()).isEqualTo("direct");
            assertThat(report.measured()).isEmpty();
        }
        assertThat(run(graph, options()).tuned().algorithm()).isEqualTo("winograd F(4x4)");
    }

    @Test
    void entriesForOtherThreadsOrOfUnknownAlgorithmsAreIgnored() {
        Graph graph = graphs().findFirst().orElseThrow();
        prescribe(graph, options().intraOpThreads(1), "winograd F(6x6)");
        assertThat(run(graph, options()).tuned().measured()).isEmpty();

        prescribe(graph, options(), "by magic");
        assertThat(run(graph, options()).tuned().measured()).isEmpty();
        assertThat(run(graph, options().tuning(Tuning.MEASURE)).tuned().measured())
                .startsWith("measured ");
    }

    @Test
    void byRuleNothingIsMeasuredOrWritten() {
        Graph graph = graphs().findFirst().orElseThrow();

        assertThat(run(graph, options()).tuned().measured()).isEmpty();
        assertThat(file()).doesNotExist();
    }

    @Test
    void sessionsThatShareAFileLoseNothing() throws Exception {
        List<Graph> graphs = graphs().toList();
        List<Callable<Result>> sessions = new ArrayList<>();
        for (Graph graph : graphs) {
            sessions.add(() -> run(graph, options().tuning(Tuning.MEASURE)));
            sessions.add(() -> run(graph, options().tuning(Tuning.MEASURE)));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (Future<Result> result : threads.invokeAll(sessions)) {
                assertThat(result.get().tuned().measured()).isNotEmpty();
            }
        } finally {
            threads.shutdown();
        }

        Map<String, Measurement> kept = new TuningFile(file(), StepKey.machine(2)).read();
        assertThat(kept).hasSize(graphs.size());
        Map<String, String> choices = new LinkedHashMap<>();
        kept.forEach((key, measurement) -> choices.put(key, measurement.choice()));
        assertThat(choices.values()).doesNotContain("");
    }

    @Test
    void optionsAreKeptApart() {
        AlgorithmOptions options =
                options().tuning(Tuning.MEASURE).winograd(false).execution().algorithms();

        assertThat(options).isEqualTo(new AlgorithmOptions(false, Tuning.MEASURE, file()));
    }
}
