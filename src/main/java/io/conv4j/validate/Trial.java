package io.conv4j.validate;

import io.conv4j.backend.Backend;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.Plan;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One back end's plan of a graph, to be run with whichever of its values as outputs. */
final class Trial {
    /** All bits set is NaN as f32 and bf16, and unlikely as an integer: what is not written shows. */
    private static final byte UNWRITTEN = -1;

    private final Backend backend;
    private final Plan plan;
    private final ExecutionOptions options;

    Trial(Backend backend, Graph graph, ExecutionOptions options) {
        this.backend = backend;
        this.plan = Compiler.compile(graph, backend.optimizationLevel());
        options.requireNodes(graph, plan);
        // By the graph's own outputs: others, which are asked for to look inside, must not change what is computed.
        this.options = options.forPlan(plan);
    }

    Plan plan() {
        return plan;
    }

    /** Runs the same steps with other outputs, as often as asked; the results of each run in the outputs' order. */
    List<List<Tensor>> run(List<Value> outputs, List<Tensor> inputs, int times) {
        Plan tapped = new Plan(plan.name(), plan.steps(), plan.inputs(), outputs, plan.constants());
        List<List<Tensor>> runs = new ArrayList<>(times);
        try (Executable executable = backend.prepare(tapped, options);
                Context context = executable.newContext()) {
            for (int i = 0; i < times; i++) {
                List<Tensor> results = outputs.stream().map(Trial::unwritten).toList();
                context.run(inputs, results);
                runs.add(results);
            }
        }
        return runs;
    }

    private static Tensor unwritten(Value value) {
        Tensor tensor = Tensor.zeros(value.type());
        ByteBuffer bytes = tensor.bytes();
        while (bytes.hasRemaining()) {
            bytes.put(UNWRITTEN);
        }
        return tensor;
    }
}
