package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that concatenations along the channels make and that need not lie in one piece: whoever can reads the parts, for
 * anybody else they are put together when they are first read.
 */
final class Joined {
    private record Parts(Step step, List<Value> values) {}

    private final Map<Value, Parts> joined = new HashMap<>();

    /** Says that a step's destination is its sources, one after the other. */
    void join(Step step) {
        List<Value> values = new ArrayList<>();
        for (Value source : step.sources()) {
            values.addAll(parts(source));
        }
        joined.put(step.destination(), new Parts(step, List.copyOf(values)));
    }

    /** Whether a value was joined. */
    boolean contains(Value value) {
        return joined.containsKey(value);
    }

    /** The values that a value consists of, none of them joined itself; the value alone if it was not joined. */
    List<Value> parts(Value value) {
        Parts parts = joined.get(value);
        return parts == null ? List.of(value) : parts.values;
    }

    /** The step that puts a joined value together. */
    Step step(Value value) {
        Parts parts = joined.get(value);
        if (parts == null) {
            throw new IllegalStateException("value " + value + " was not joined");
        }
        return parts.step;
    }
}
