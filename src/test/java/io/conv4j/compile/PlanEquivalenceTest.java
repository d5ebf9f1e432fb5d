package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a graph computes does not depend on how far it is transformed. */
class PlanEquivalenceTest {
    private static final int NETS = 300;

    @Test
    void randomNetworksGiveTheSameNumbersTransformedAndAsWritten() {
        int written = 0;
        int transformed = 0;
        for (long seed = 0; seed < NETS; seed++) {
            Graph graph = RandomNet.write(seed);
            Plan asWritten = Compiler.compile(graph, OptimizationLevel.NONE);
            Plan optimised = Compiler.compile(graph, OptimizationLevel.ALL);
            written += asWritten.steps().size();
            transformed += optimised.steps().size();
            compare(asWritten, optimised, seed);
        }
        // The passes found something to do, or this test shows nothing.
        assertThat(transformed).isLessThan(written * 2 / 3);
    }

    @Test
    void plansAreInOrder() {
        for (long seed = 0; seed < NETS; seed++) {
            Plan plan = Compiler.compile(RandomNet.write(seed), OptimizationLevel.ALL);
            List<Value> there = new ArrayList<>(plan.inputs());
            there.addAll(plan.constants().keySet());
            for (Step step : plan.steps()) {
                assertThat(there).as("seed %s, step %s", seed, step).containsAll(step.reads());
                there.addAll(step.destinations());
            }
            assertThat(there).as("seed %s", seed).doesNotHaveDuplicates().containsAll(plan.outputs());
        }
    }

    @Test
    void compilingTwiceGivesTheSamePlan() {
        for (long seed = 0; seed < 20; seed++) {
            Graph graph = RandomNet.write(seed);

            Plan first = Compiler.compile(graph, OptimizationLevel.ALL);
            Plan second = Compiler.compile(graph, OptimizationLevel.ALL);

            assertThat(second.steps()).as("seed %s", seed).isEqualTo(first.steps());
            assertThat(second.constants().keySet()).isEqualTo(first.constants().keySet());
        }
    }

    private static void compare(Plan asWritten, Plan optimised, long seed) {
        List<Tensor> inputs =
                asWritten.inputs().stream().map(input -> filled(input, seed)).toList();
        List<Tensor> want = run(asWritten, inputs);
        List<Tensor> got = run(optimised, inputs);
        for (int i = 0; i < want.size(); i++) {
            Difference.between(got.get(i), want.get(i))
                    .requireNormalised(1e-7, "output " + i + " of RandomNet.write(" + seed + ")");
        }
    }

    private static List<Tensor> run(Plan plan, List<Tensor> inputs) {
        List<Tensor> outputs = plan.outputs().stream()
                .map(output -> Tensor.zeros(output.type()))
                .toList();
        try (Executable executable = new JavaBackend().prepare(plan, new ExecutionOptions(1));
                Context context = executable.newContext()) {
            context.run(inputs, outputs);
        }
        return outputs;
    }

    private static Tensor filled(Value value, long seed) {
        SplittableRandom random = new SplittableRandom(~seed);
        Tensor tensor = Tensor.zeros(value.type());
        for (int i = 0; i < value.shape().elements(); i++) {
            tensor.set(i, random.nextDouble(-1, 1));
        }
        return tensor;
    }
}
