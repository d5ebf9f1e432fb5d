package io.conv4j.backend.onednn;

import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import java.util.HashMap;
import java.util.Map;

/**
 * When each value of a plan is read last. A value lives until the last step that reads it or a value that may share its
 * memory: what a reshape or transpose made of it.
 */
final class Lifetimes {
    private final Map<Value, Value> owners = new HashMap<>();
    private final Map<Value, Integer> lastUse = new HashMap<>();

    Lifetimes(Plan plan) {
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            if (step.layer() instanceof Reshape || step.layer() instanceof Transpose) {
                owners.put(step.destination(), owner(step.sources().get(0)));
            }
            for (Value read : step.reads()) {
                lastUse.put(owner(read), i);
            }
        }
        for (Value output : plan.outputs()) {
            lastUse.put(owner(output), Integer.MAX_VALUE);
        }
    }

    private Value owner(Value value) {
        return owners.getOrDefault(value, value);
    }

    /** Whether a step, the index-th, reads the memory of a value for the last time, and only once. */
    boolean endsWith(Value value, Step step, int index) {
        return lastUse.getOrDefault(owner(value), -1) <= index
                && step.reads().stream()
                                .filter(read -> owner(read).equals(owner(value)))
                                .count()
                        == 1;
    }
}
