package io.conv4j.validate;

import io.conv4j.backend.Arena;
import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.Support;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A back end that is wrong on purpose: it changes the plan before, or the results after another back end has them. */
record TamperedBackend(Backend honest, boolean runs, UnaryOperator<Plan> before, Consumer<List<Tensor>> after)
        implements Backend {
    static TamperedBackend results(Backend honest, Consumer<List<Tensor>> after) {
        return new TamperedBackend(honest, true, plan -> plan, after);
    }

    /** Leaves its results as they are. */
    static TamperedBackend idle(Backend honest) {
        return new TamperedBackend(honest, false, plan -> plan, results -> {});
    }

    /** Adds to one weight of the layer of this name. */
    static TamperedBackend oneWeight(Backend honest, String layer, int index, double change) {
        return new TamperedBackend(honest, true, plan -> altered(plan, layer, index, change), results -> {});
    }

    private static Plan altered(Plan plan, String layer, int index, double change) {
        Value weights = plan.steps().stream()
                .filter(step -> step.name().equals(layer))
                .findFirst()
                .orElseThrow()
                .sources()
                .get(1);
        Map<Value, Tensor> constants = new LinkedHashMap<>(plan.constants());
        Tensor copy = Tensor.zeros(weights.type());
        copy.copyFrom(Objects.requireNonNull(constants.get(weights)));
        copy.set(index, copy.get(index) + change);
        constants.put(weights, copy);
        return new Plan(plan.name(), plan.steps(), plan.inputs(), plan.outputs(), constants);
    }

    @Override
    public String name() {
        return "tampered";
    }

    @Override
    public Availability availability() {
        return honest.availability();
    }

    @Override
    public Support supports(Step step) {
        return honest.supports(step);
    }

    @Override
    public OptimizationLevel optimizationLevel() {
        return honest.optimizationLevel();
    }

    @Override
    public Executable prepare(Plan plan, ExecutionOptions options) {
        Executable executable = honest.prepare(before.apply(plan), options);
        return new Executable() {
            @Override
            public Context newContext() {
                return new TamperedContext(executable.newContext());
            }

            @Override
            public List<StepReport> steps() {
                return executable.steps();
            }

            @Override
            public Arena arena() {
                return executable.arena();
            }

            @Override
            public int nativeCrossings() {
                return executable.nativeCrossings();
            }

            @Override
            public long nativeBytes() {
                return executable.nativeBytes();
            }

            @Override
            public void close() {
                executable.close();
            }
        };
    }

    private final class TamperedContext implements Context {
        private final Context context;

        TamperedContext(Context context) {
            this.context = context;
        }

        @Override
        public void run(List<Tensor> inputs, List<Tensor> outputs) {
            if (runs) {
                context.run(inputs, outputs);
            }
            after.accept(outputs);
        }

        @Override
        public long[] profile(List<Tensor> inputs, List<Tensor> outputs) {
            return context.profile(inputs, outputs);
        }

        @Override
        public long nativeBytes() {
            return context.nativeBytes();
        }

        @Override
        public void close() {
            context.close();
        }
    }
}
