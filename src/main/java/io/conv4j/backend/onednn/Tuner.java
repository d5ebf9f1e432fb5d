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
 * stays unless another is faster by more than what repeated measurements differ by, and is so again when all other steps
 * have been measured: other processes disturb for a while and not for ever.
 */
final class Tuner {
    private static final int FEWEST_ROUNDS = 5;
    private static final int MOST_ROUNDS = 15;

    /** Time for a step beyond the fewest rounds, and for all of a plan; what is left then goes by rule. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(80);

    private static final long PLAN_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Slower than the best by this is out after three rounds. */
    private static final double CLEARLY_SLOWER = 1.3;

    private static final int ROUNDS_FOR_ALL = 3;

    /** Estimated slower than the best estimate by this is not tried. */
    private static final double HOPELESS = 2.5;

    private static final double NOISE = 1.03;

    private static final long LEAST_BETWEEN = 2 << 20;
    private static final long MOST_BETWEEN = 16 << 20;

    private final Plan plan;
    private final ExecutionOptions options;
    private final AlgorithmChoice choice;
    private final Tensor between;
    private final long deadline = System.nanoTime() + PLAN_NANOS;

    Tuner(Plan plan, ExecutionOptions options, AlgorithmChoice choice) {
        this.plan = plan;
        this.options = options;
        this.choice = choice;
        long weights = plan.constants().values().stream()
                .mapToLong(tensor -> tensor.type().bytes())
                .sum();
        this.between = TrialRun.between(Math.max(LEAST_BETWEEN, Math.min(MOST_BETWEEN, weights)));
    }

    /** What is known of a step so far: the fastest run of each algorithm, in microseconds. */
    private record Race(Step step, Algorithm byRule, Map<Algorithm, Double> micros) {
        double best() {
            return micros.values().stream()
                    .mapToDouble(Double::doubleValue)
                    .min()
                    .orElse(0);
        }

        Algorithm chosen() {
            Double rule = micros.get(byRule);
            boolean stays = micros.isEmpty() || rule != null && rule <= NOISE * best();
            return stays
                    ? byRule
                    : micros.entrySet().stream()
                            .min(Comparator.comparingDouble(Map.Entry::getValue))
                            .orElseThrow()
                            .getKey();
        }

        Measurement measurement() {
            Map<String, Double> named = new LinkedHashMap<>();
            micros.forEach((algorithm, time) -> named.put(algorithm.toString(), time));
            return new Measurement(chosen().toString(), named);
        }
    }

    /** Measures a step for each key; those for which there is no time are left out. */
    Map<String, Measurement> measure(Map<String, Step> steps) {
        Map<String, Race> races = new LinkedHashMap<>();
        steps.forEach((key, step) -> {
            Race race = new Race(step, choice.byRule(step), new LinkedHashMap<>());
            if (run(race)) {
                races.put(key, race);
            }
        });
        Map<String, Measurement> measured = new LinkedHashMap<>();
        races.forEach((key, race) -> {
            if (race.chosen().equals(race.byRule()) || run(race)) {
                measured.put(key, race.measurement());
            }
        });
        return measured;
    }

    /** Prepares and runs the algorithms of a step; false if there is no time left. */
    private boolean run(Race race) {
        if (System.nanoTime() > deadline) {
            return false;
        }
        Map<Algorithm, TrialRun> trials = new LinkedHashMap<>();
        try {
            for (Algorithm algorithm : promising(race.step())) {
                TrialRun trial = TrialRun.of(plan, race.step(), options, algorithm, between);
                if (trial != null) {
                    trials.put(algorithm, trial);
                }
            }
            run(race, trials);
            return true;
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

    private static void run(Race race, Map<Algorithm, TrialRun> trials) {
        Map<Algorithm, Double> micros = race.micros();
        List<Algorithm> running = new ArrayList<>(trials.keySet());
        // The first run of each faults its memory in.
        trials.values().forEach(TrialRun::micros);
        long enough = System.nanoTime() + STEP_NANOS;
        for (int round = 1; round <= MOST_ROUNDS && running.size() > 1; round++) {
            for (Algorithm algorithm : running) {
                TrialRun trial = Objects.requireNonNull(trials.get(algorithm));
                micros.merge(algorithm, trial.micros(), Math::min);
            }
            if (round >= ROUNDS_FOR_ALL) {
                double limit = CLEARLY_SLOWER * race.best();
                running.removeIf(algorithm -> micros.getOrDefault(algorithm, 0.0) > limit);
            }
            if (round >= FEWEST_ROUNDS && System.nanoTime() > enough) {
                break;
            }
        }
    }
}
