package io.conv4j.backend.onednn;

import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When each value of a plan is read last. A value lives until the last step that reads it or a value that may share its
 * memory: what a reshape, transpose or concatenation made of it.
 */
final class Lifetimes {
    private final Map<Value, Set<Value>> owners = new HashMap<>();
    private final Map<Value, Integer> lastUse = new HashMap<>();

    Lifetimes(Plan plan) {
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            if (step.layer() instanceof Reshape || step.layer() instanceof Transpose) {
                owners.put(step.destination(), owners(step.sources().get(0)));
            } else if (step.layer() instanceof Concat) {
                // It has memory of its own where its parts are put together.
                Set<Value> all = new HashSet<>(Set.of(step.destination()));
                for (Value source : step.sources()) {
                    all.addAll(owners(source));
                }
                owners.put(step.destination(), all);
            }
            for (Value read : step.reads()) {
                for (Value owner : owners(read)) {
                    lastUse.put(owner, i);
                }
            }
        }
        for (Value output : plan.outputs()) {
            for (Value owner : owners(output)) {
                lastUse.put(owner, Integer.MAX_VALUE);
            }
        }
    }

    private Set<Value> owners(Value value) {
        return owners.getOrDefault(value, Set.of(value));
    }

    /** Whether steps that run together, the last of which is the index-th, read the memory of a value for the last time, and only once. */
    boolean endsWith(Value value, List<Step> together, int index) {
        for (Value owner : owners(value)) {
            int reads = 0;
            for (Step step : together) {
                for (Value read : step.reads()) {
                    reads += owners(read).contains(owner) ? 1 : 0;
                }
            }
            if (reads != 1 || lastUse.getOrDefault(owner, -1) > index) {
                return false;
            }
        }
        return true;
    }
}
