package io.conv4j.cli;

import io.conv4j.graph.Graph;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionDescription;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A network run on one back end.
 *
 * @param result its first output
 * @param description what ran it
 * @param prepareMs milliseconds from graph to compiled plan
 * @param runMs milliseconds of a run, the median
 * @param runs how many there were
 */
record Timed(Tensor result, SessionDescription description, double prepareMs, double runMs, int runs) {
    private static final double NANOS = 1e6;

    static Timed run(Graph graph, Tensor input, SessionOptions options, int runs) {
        long start = System.nanoTime();
        try (Session session = Session.open(graph, options)) {
            double prepareMs = (System.nanoTime() - start) / NANOS;
            double[] millis = new double[runs];
            Tensor result = input;
            for (int i = 0; i < runs; i++) {
                start = System.nanoTime();
                result = session.run(input);
                millis[i] = (System.nanoTime() - start) / NANOS;
            }
            Arrays.sort(millis);
            return new Timed(result, session.describe(), prepareMs, millis[runs / 2], runs);
        }
    }

    String backend() {
        return description.setting().backend();
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("backend", backend());
        fields.put("detail", description.setting().detail());
        fields.put("threads", description.intraOpThreads());
        fields.put("nativeSteps", description.nativeSteps());
        fields.put("javaSteps", description.javaSteps());
        fields.put("nativeCrossings", description.nativeCrossings());
        fields.put("arenaBytes", description.arena().bytes());
        fields.put("prepareMs", prepareMs);
        fields.put("runMs", runMs);
        return fields;
    }

    /** What ran where and how long it took. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%.1f ms a run%s, prepared in %.0f ms, %d threads; %d steps native, %d in Java; %s",
                runMs,
                runs > 1 ? " (median of " + runs + ")" : "",
                prepareMs,
                description.intraOpThreads(),
                description.nativeSteps(),
                description.javaSteps(),
                description.setting().detail());
    }
}
