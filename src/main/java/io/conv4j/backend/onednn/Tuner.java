package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Times the algorithms of steps. Those of one step take turns, round by round, and the fastest run of each counts; one that
 * is clearly slower than the best goes early, and one that cannot win by estimate is not tried. What the rule would take
 * stays unless another is faster by more than what repeated measurements differ by.
 */
final class Tuner {
    private static final int FEWEST_ROUNDS = 5;
    private static final int MOST_ROUNDS = 15;

    /** Time for a step beyond the fewest rounds, and for all of a plan; what is left then goes by rule. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(80);

    private static final long PLAN_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Slower than the best by this is out, after three rounds; at once by twice as much. */
    private static final double CLEARLY_SLOWER = 1.3;

    /** Estimated slower than the best estimate by this is not tried. */
    private static final double HOPELESS = 2.5;

    private static final double NOISE = 1.03;

    private static final long LEAST_BETWEEN = 2 << 20;
    private static final long MOST_BETWEEN = 16 << 20;

    private final Plan plan;
    private final ExecutionOptions options;
    private final AlgorithmChoice choice;

    Tuner(Plan plan, ExecutionOptions options, AlgorithmChoice choice) {
        this.plan = plan;
        this.options = options;
        this.choice = choice;
    }

    /** Measures a step for each key. */
    Map<String, Measurement> measure(Map<String, Step> steps) {
        long weights = plan.constants().values().stream()
                .mapToLong(tensor -> tensor.type().bytes())
                .sum();
        Tensor between = TrialRun.between(Math.max(LEAST_BETWEEN, Math.min(MOST_BETWEEN, weights)));
        long deadline = System.nanoTime() + PLAN_NANOS;
        Map<String, Measurement> measured = new LinkedHashMap<>();
        for (Map.Entry<String, Step> entry : steps.entrySet()) {
            if (System.nanoTime() > deadline) {
                break;
            }
            measured.put(entry.getKey(), measure(entry.getValue(), between));
        }
        return measured;
    }

    private Measurement measure(Step step, Tensor between) {
        Map<Algorithm, TrialRun> trials = new LinkedHashMap<>();
        try {
            for (Algorithm algorithm : promising(step)) {
                TrialRun trial = TrialRun.of(plan, step, options, algorithm, between);
                if (trial != null) {
                    trials.put(algorithm, trial);
                }
            }
            return compare(trials, choice.byRule(step));
        } finally {
            trials.values().forEach(TrialRun::close);
        }
    }

    /** The candidates without those of Winograd's tile sizes that cannot win. */
    private List<Algorithm> promising(Step step) {
        List<Algorithm> candidates = choice.candidates(step);
        if (candidates.stream().allMatch(algorithm -> algorithm.tile() == 0)) {
            return candidates;
        }
        WinogradRule rule = AlgorithmChoice.winogradRule(step);
        double best = candidates.stream()
                .mapToDouble(algorithm -> rule.seconds(algorithm.tile()))
                .min()
                .orElse(0);
        return candidates.stream()
                .filter(algorithm -> algorithm.tile() == 0 || rule.seconds(algorithm.tile()) < HOPELESS * best)
                .toList();
    }

    private static Measurement compare(Map<Algorithm, TrialRun> trials, Algorithm byRule) {
        Map<Algorithm, Double> fastest = new LinkedHashMap<>();
        List<Algorithm> running = new ArrayList<>(trials.keySet());
        // The first run of each faults its memory in.
        trials.values().forEach(TrialRun::micros);
        long deadline = System.nanoTime() + STEP_NANOS;
        for (int round = 0; round < MOST_ROUNDS && running.size() > 1; round++) {
            if (round >= FEWEST_ROUNDS && System.nanoTime() > deadline) {
                break;
            }
            for (Algorithm algorithm : running) {
                fastest.merge(
                        algorithm, Objects.requireNonNull(trials.get(algorithm)).micros(), Math::min);
            }
            double limit = CLEARLY_SLOWER * best(fastest) * (round < 2 ? 2 : 1);
            running.removeIf(algorithm -> fastest.getOrDefault(algorithm, 0.0) > limit);
        }
        return new Measurement(chosen(fastest, byRule).toString(), named(fastest));
    }

    private static double best(Map<Algorithm, Double> micros) {
        return micros.values().stream().mapToDouble(Double::doubleValue).min().orElse(0);
    }

    private static Algorithm chosen(Map<Algorithm, Double> micros, Algorithm byRule) {
        Double rule = micros.get(byRule);
        boolean stays = micros.isEmpty() || rule != null && rule <= NOISE * best(micros);
        return stays
                ? byRule
                : micros.entrySet().stream()
                        .min(Comparator.comparingDouble(Map.Entry::getValue))
                        .orElseThrow()
                        .getKey();
    }

    private static Map<String, Double> named(Map<Algorithm, Double> micros) {
        Map<String, Double> named = new LinkedHashMap<>();
        micros.forEach((algorithm, time) -> named.put(algorithm.toString(), time));
        return named;
    }
}
