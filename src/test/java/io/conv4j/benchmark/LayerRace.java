package io.conv4j.benchmark;

import io.conv4j.backend.StepReport;
import io.conv4j.backend.onednn.LayerTrial;
import io.conv4j.graph.Graph;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A layer as conv4j computes it against oneDNN's own direct primitive, run by run in turn (A B A B …). Both are steps of a
 * program in C++ that runs without Java; src is written before each run, weights are packed, and each side's weights have
 * been pushed out of the cache as far as the other's run does that.
 *
 * @param threads of both
 * @param seconds how long a race takes, about; at least {@value #FEWEST_RUNS} runs are timed whatever they take
 */
record LayerRace(int threads, double seconds) {
    private static final int WARM_UP = 3;
    private static final int FEWEST_RUNS = 9;
    private static final int MOST_RUNS = 2000;
    private static final int SECOND_CHANCE = 5;

    /** Prepares both sides and runs them; a layer that misses what is wanted is raced once more, longer, and that counts. */
    LayerResult run(ZooLayer layer) {
        LayerResult result = race(layer, seconds);
        return result.holds() ? result : race(layer, SECOND_CHANCE * seconds);
    }

    private LayerResult race(ZooLayer layer, double time) {
        Graph net = layer.graph();
        try (LayerTrial ours = LayerTrial.conv4j(net, threads);
                LayerTrial direct = LayerTrial.onednn(net, threads)) {
            long start = System.nanoTime();
            for (int i = 0; i < WARM_UP; i++) {
                ours.nanoseconds();
                direct.nanoseconds();
            }
            double each = Math.max(1, System.nanoTime() - start) / 1e9 / WARM_UP;
            int runs = (int) Math.max(FEWEST_RUNS, Math.min(MOST_RUNS, time / each));
            long[] ourTimes = new long[runs];
            long[] directTimes = new long[runs];
            for (int i = 0; i < runs; i++) {
                ourTimes[i] = ours.nanoseconds();
                directTimes[i] = direct.nanoseconds();
            }
            return new LayerResult(
                    layer,
                    threads,
                    new LayerResult.Side(words(ours), Timings.of(ourTimes)),
                    new LayerResult.Side(words(direct), Timings.of(directTimes)));
        }
    }

    private static String words(LayerTrial trial) {
        List<StepReport> steps = trial.steps();
        return steps.stream()
                .map(step -> step.implementation() + (step.algorithm().isEmpty() ? "" : " " + step.algorithm()))
                .collect(Collectors.joining(" + "));
    }
}
