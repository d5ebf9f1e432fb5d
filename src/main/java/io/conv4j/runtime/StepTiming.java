package io.conv4j.runtime;

import io.conv4j.backend.StepReport;
import java.util.ArrayList;
import java.util.List;

/**
 * How long one step of one run took.
 *
 * @param step what ran, and on what
 * @param nanoseconds wall-clock time
 */
public record StepTiming(StepReport step, long nanoseconds) {
    static List<StepTiming> of(List<StepReport> steps, long[] nanoseconds) {
        List<StepTiming> timings = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            timings.add(new StepTiming(steps.get(i), nanoseconds[i]));
        }
        return List.copyOf(timings);
    }
}
