package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Backend;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.golden.Difference;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Compares networks of random numbers on oneDNN with the Java back end. */
final class AgainstJava {
    /** Sums of a thousand products have some 1e-13, and Strassen's algorithm and the fast inner product up to ten times as much. */
    private static final double TOLERANCE = 1e-11;

    private AgainstJava() {}

    /** How a plan is to be run on so many threads. */
    interface Options {
        /** Algorithms by rule. */
        Options BY_RULE = (plan, threads) -> new ExecutionOptions(threads);

        /** Algorithms by rule, but none of fewer products. */
        Options PLAINLY = (plan, threads) -> new ExecutionOptions(threads).winograd(false);

        /** An algorithm wherever it can compute a step that is lowered alone, whatever the rule of this CPU, as a tuning file says. */
        static Options by(Algorithm algorithm) {
            return (plan, threads) -> prescribed(plan, threads, algorithm);
        }

        ExecutionOptions of(Plan plan, int threads);
    }

    private static ExecutionOptions prescribed(Plan plan, int threads, Algorithm algorithm) {
        ExecutionOptions options = new ExecutionOptions(threads);
        AlgorithmChoice choice = new AlgorithmChoice(plan.constants(), options);
        Map<String, Measurement> entries = new HashMap<>();
        for (Step step : plan.steps()) {
            if (choice.candidates(step).contains(algorithm)) {
                String key = StepKey.of(step, options, plan.constants().keySet());
                entries.put(key, new Measurement(algorithm.toString(), Map.of()));
            }
        }
        try {
            Path folder = Files.createTempDirectory("prescribed");
            Path file = folder.resolve("net.tuning");
            folder.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            new TuningFile(file, StepKey.machine(threads)).add(entries);
            return options.algorithms(options.algorithms().tuningFile(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a network of random inputs on oneDNN, by rule, and compares all outputs with Java's; returns oneDNN's steps. */
    static List<StepReport> check(GraphBuilder builder, int threads) {
        return check(builder, threads, Options.BY_RULE);
    }

    /** The same with some options. */
    static List<StepReport> check(GraphBuilder builder, int threads, Options options) {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        List<Tensor> inputs =
                plan.inputs().stream().map(input -> random(input.shape())).toList();
        List<Tensor> want = outputs(plan);
        run(new JavaBackend(), plan, new ExecutionOptions(1), inputs, want);
        List<Tensor> got = outputs(plan);
        List<StepReport> steps = run(new OnednnBackend(JavaKernels::run), plan, options.of(plan, threads), inputs, got);
        for (int i = 0; i < want.size(); i++) {
            Difference.between(got.get(i), want.get(i))
                    .requireNormalised(TOLERANCE, plan + " on " + threads + " threads, output " + i);
        }
        return steps;
    }

    private static List<Tensor> outputs(Plan plan) {
        return plan.outputs().stream()
                .map(output -> Tensor.zeros(output.type()))
                .toList();
    }

    /** Requires the same bits of a network of random inputs, whatever the number of threads. */
    static void checkThreads(GraphBuilder builder) {
        checkThreads(builder, Options.BY_RULE);
    }

    /** The same with some options. */
    static void checkThreads(GraphBuilder builder, Options options) {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        List<Tensor> inputs =
                plan.inputs().stream().map(input -> random(input.shape())).toList();
        Tensor one = Tensor.zeros(plan.outputs().get(0).type());
        run(new OnednnBackend(JavaKernels::run), plan, options.of(plan, 1), inputs, List.of(one));
        for (int threads : List.of(2, 3, 5)) {
            Tensor more = Tensor.zeros(one.type());
            run(new OnednnBackend(JavaKernels::run), plan, options.of(plan, threads), inputs, List.of(more));
            assertThat(more.bytes()).as("%s on %d threads", plan, threads).isEqualTo(one.bytes());
        }
    }

    /** Runs a plan of one output once; returns the steps. */
    static List<StepReport> run(Backend backend, Plan plan, int threads, List<Tensor> inputs, Tensor dst) {
        return run(backend, plan, new ExecutionOptions(threads), inputs, List.of(dst));
    }

    /** Runs a plan of one output once on oneDNN; returns the steps. */
    static List<StepReport> run(Plan plan, ExecutionOptions options, List<Tensor> inputs, Tensor dst) {
        return run(new OnednnBackend(JavaKernels::run), plan, options, inputs, List.of(dst));
    }

    private static List<StepReport> run(
            Backend backend, Plan plan, ExecutionOptions options, List<Tensor> inputs, List<Tensor> outputs) {
        try (Executable executable = backend.prepare(plan, options);
                Context context = executable.newContext()) {
            context.run(inputs, outputs);
            return executable.steps();
        }
    }

    /** Numbers from -2 to 2, the same for the same shape. */
    static Tensor random(Shape shape) {
        SplittableRandom random = new SplittableRandom(shape.hashCode());
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextDouble(-2, 2));
        }
        return tensor;
    }
}
