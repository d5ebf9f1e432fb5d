package io.conv4j.validate;

import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where two plans of one graph can be compared: at the values that steps of both write. */
final class Taps {
    private static final long GROUP_BYTES = 256L << 20;

    private final Map<Value, Step> writers = new HashMap<>();
    private final Set<Value> common = new LinkedHashSet<>();

    Taps(Plan subject, Plan reference) {
        for (Step step : subject.steps()) {
            for (Value value : step.destinations()) {
                writers.put(value, step);
                common.add(value);
            }
        }
        Set<Value> wanted = new HashSet<>();
        reference.steps().forEach(step -> wanted.addAll(step.destinations()));
        common.retainAll(wanted);
    }

    /** The subject's step that writes a value; empty for an input or a constant. */
    String writer(Value value) {
        Step step = writers.get(value);
        return step == null ? "" : step.toString();
    }

    /** The common values in the order in which the subject writes them, each group within bounds or a single value. */
    List<List<Value>> groups() {
        List<List<Value>> groups = new ArrayList<>();
        long room = 0;
        for (Value value : common) {
            room -= value.type().bytes();
            if (groups.isEmpty() || room < 0) {
                groups.add(new ArrayList<>());
                room = GROUP_BYTES - value.type().bytes();
            }
            groups.get(groups.size() - 1).add(value);
        }
        return groups;
    }
}
