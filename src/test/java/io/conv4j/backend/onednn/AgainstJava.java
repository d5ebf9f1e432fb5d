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
import io.conv4j.golden.Difference;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/** Compares networks of random numbers on oneDNN with the Java back end. */
final class AgainstJava {
    /** Sums of a thousand products have some 1e-13, and Strassen's algorithm up to ten times as much. */
    private static final double TOLERANCE = 1e-11;

    private AgainstJava() {}

    /** Runs a network of random inputs on oneDNN and compares all outputs with Java's; returns oneDNN's steps. */
    static List<StepReport> check(GraphBuilder builder, int threads) {
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        List<Tensor> inputs =
                plan.inputs().stream().map(input -> random(input.shape())).toList();
        List<Tensor> want = outputs(plan);
        run(new JavaBackend(), plan, 1, inputs, want);
        List<Tensor> got = outputs(plan);
        List<StepReport> steps = run(new OnednnBackend(JavaKernels::run), plan, threads, inputs, got);
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
        Plan plan = Compiler.compile(builder.build(), OptimizationLevel.ALL);
        List<Tensor> inputs =
                plan.inputs().stream().map(input -> random(input.shape())).toList();
        Tensor one = Tensor.zeros(plan.outputs().get(0).type());
        run(new OnednnBackend(JavaKernels::run), plan, 1, inputs, one);
        for (int threads : List.of(2, 3, 5)) {
            Tensor more = Tensor.zeros(one.type());
            run(new OnednnBackend(JavaKernels::run), plan, threads, inputs, more);
            assertThat(more.bytes()).as("%s on %d threads", plan, threads).isEqualTo(one.bytes());
        }
    }

    /** Runs a plan of one output once; returns the steps. */
    static List<StepReport> run(Backend backend, Plan plan, int threads, List<Tensor> inputs, Tensor dst) {
        return run(backend, plan, threads, inputs, List.of(dst));
    }

    private static List<StepReport> run(
            Backend backend, Plan plan, int threads, List<Tensor> inputs, List<Tensor> outputs) {
        try (Executable executable = backend.prepare(plan, new ExecutionOptions(threads));
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
