package io.conv4j.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.Plan;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A back end against the Java one. Destinations are full of NaN before; a second run on the same context must give the same
 * bits, but for the judge's.
 *
 * @param backend the one that is judged
 * @param options how it runs; plain Java runs on as many threads
 */
public record Parity(Backend backend, ExecutionOptions options) {
    /** Without Winograd's algorithm, whose rounding has tests of its own. */
    public Parity(Backend backend, int threads) {
        this(backend, new ExecutionOptions(threads).winograd(false));
    }

    /** Runs a graph on both, each as it wants graphs to be optimised, and requires that outputs are this close. */
    public void require(Graph graph, List<Tensor> inputs, double tolerance, String what) {
        Backend judge = new JavaBackend();
        Plan wanted = Compiler.compile(graph, judge.optimizationLevel());
        Plan got = Compiler.compile(graph, backend.optimizationLevel());
        compare(run(backend, options, got, inputs, what), run(judge, judging(), wanted, inputs, what), tolerance, what);
    }

    /** Runs one plan on both. */
    public void require(Plan plan, List<Tensor> inputs, double tolerance, String what) {
        compare(
                run(backend, options, plan, inputs, what),
                run(new JavaBackend(), judging(), plan, inputs, what),
                tolerance,
                what);
    }

    private ExecutionOptions judging() {
        return new ExecutionOptions(options.intraOpThreads());
    }

    private static void compare(List<Tensor> got, List<Tensor> wanted, double tolerance, String what) {
        for (int i = 0; i < wanted.size(); i++) {
            if (!got.get(i).bytes().equals(wanted.get(i).bytes())) {
                Difference.between(got.get(i), wanted.get(i)).requireWithin(tolerance, what + ", output " + i);
            }
        }
    }

    private static List<Tensor> run(Backend on, ExecutionOptions options, Plan plan, List<Tensor> inputs, String what) {
        List<Tensor> outputs = new ArrayList<>();
        for (Value output : plan.outputs()) {
            outputs.add(Tensor.zeros(output.type()));
        }
        try (Executable executable = on.prepare(plan, options);
                Context context = executable.newContext()) {
            spoil(outputs);
            context.run(inputs, outputs);
            if (!(on instanceof JavaBackend)) {
                List<ByteBuffer> first = outputs.stream().map(Parity::copy).toList();
                spoil(outputs);
                context.run(inputs, outputs);
                assertThat(outputs.stream().map(Tensor::bytes))
                        .as("second run of %s", what)
                        .isEqualTo(first);
            }
        } catch (RuntimeException e) {
            throw new AssertionError(what + " on " + on.name() + ": " + e + " at " + e.getStackTrace()[0], e);
        }
        return outputs;
    }

    private static void spoil(List<Tensor> outputs) {
        for (Tensor output : outputs) {
            for (int i = 0; i < output.shape().elements(); i++) {
                output.set(i, Double.NaN);
            }
        }
    }

    private static ByteBuffer copy(Tensor tensor) {
        return ByteBuffer.allocate(tensor.bytes().remaining())
                .put(tensor.bytes())
                .flip();
    }
}
