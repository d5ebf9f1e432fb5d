package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A plan's steps one after the other, and which of them may be run together. */
final class Chain {
    private final Plan plan;
    private final ExecutionOptions options;
    private final Map<Value, Integer> reads = new HashMap<>();

    /** The steps of a plan, which are run with these options. */
    Chain(Plan plan, ExecutionOptions options) {
        this.plan = plan;
        this.options = options;
        for (Step step : plan.steps()) {
            for (Value value : step.reads()) {
                reads.merge(value, 1, Integer::sum);
            }
        }
    }

    Plan plan() {
        return plan;
    }

    ExecutionOptions options() {
        return options;
    }

    List<Step> steps() {
        return plan.steps();
    }

    /** Whether a step reads the result of another first, nobody else does, and both have the same precision. */
    boolean follows(Step first, Step second) {
        return isPrivate(first, second, 0) && options.precisionOf(first.name()) == options.precisionOf(second.name());
    }

    /** Whether a step alone reads the result of another, as this one of its sources. */
    boolean isPrivate(Step first, Step second, int source) {
        Value value = first.destination();
        return second.sources().get(source).equals(value)
                && reads.getOrDefault(value, 0) == 1
                && !plan.outputs().contains(value);
    }

    /** Whether a step is a convolution of images in so many groups, with constant weights, that oneDNN may run. */
    boolean isConvolution(Step step, int groups) {
        return step.layer() instanceof Convolution layer
                && layer.window().rank() == 2
                && layer.groups() == groups
                && hasConstants(step, step.sources().size())
                && Lowering.reasonAgainst(step).isEmpty();
    }

    /** Whether a step alone reads the result of another, as a pointwise convolution in f32 that oneDNN may run. */
    boolean isPointwiseAfter(Step first, Step second) {
        return isConvolution(second, 1)
                && isPlainlyPointwise(((Convolution) second.layer()).window())
                && follows(first, second)
                && options.precisionOf(second.name()) == Precision.F32;
    }

    /** Whether all sources of a step are constants from the second on, before an index. */
    boolean hasConstants(Step step, int end) {
        return plan.constants().keySet().containsAll(step.sources().subList(1, end));
    }

    /** Whether each pixel of dst sees one of src, and each one of src is seen. */
    static boolean isPlainlyPointwise(Window window) {
        return window.isPointwise() && !window.isPadded();
    }
}
