package io.conv4j.benchmark;

import io.conv4j.Conv4jException;
import io.conv4j.benchmark.ThroughputResult.Load;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Several callers of one session at a time, in throughput mode: one thread a run, contexts enough for all. Both sides take
 * turns (A B A B …), each after a rest in which the other's threads go to sleep.
 *
 * @param setting of our side; its threads are those of the last load, one caller in latency mode, to compare with
 * @param seconds how long a network takes under one load, about, without the rests; each caller is timed
 *     {@value #FEWEST_RUNS} times a round whatever that takes
 * @param seed of the inputs; each caller has its own
 */
record ThroughputRace(RaceResult.Setting setting, double seconds, long seed) {
    static final int ROUNDS = 5;
    private static final int FEWEST_RUNS = 3;
    private static final int MOST_RUNS = 100_000;
    private static final int MOST_CALLERS = 256;
    private static final long REST_NANOSECONDS = 100_000_000;

    /** 1, 2, 4 and twice the processors. */
    static List<Integer> defaultCallers(int processors) {
        return Stream.of(1, 2, 4, 2 * processors).distinct().sorted().toList();
    }

    /**
     * Each number of callers once, smallest first, and last one caller in latency mode, if that has several threads.
     *
     * @throws Conv4jException if a number of callers is below 1 or above {@value #MOST_CALLERS}
     */
    List<Load> loads(List<Integer> callers) {
        List<Load> loads = new ArrayList<>();
        for (int each : callers.stream().distinct().sorted().toList()) {
            if (each < 1 || each > MOST_CALLERS) {
                throw new Conv4jException("--callers takes numbers from 1 to " + MOST_CALLERS + ", got " + each);
            }
            loads.add(new Load(each, 1));
        }
        if (setting.threads() > 1) {
            loads.add(new Load(1, setting.threads()));
        }
        return loads;
    }

    /**
     * Races under one load, or measures us alone.
     *
     * @throws Conv4jException if a caller's result is not bit by bit what it gets alone
     */
    ThroughputResult run(Course course, Load load, boolean versus) {
        List<List<Tensor>> inputs = IntStream.range(0, load.callers())
                .mapToObj(caller -> Course.seeded(course.net(), seed + caller))
                .toList();
        RaceResult.Setting each =
                new RaceResult.Setting(setting.backend(), setting.precision(), load.threads(), setting.algorithms());
        try (Crowd ours =
                new Crowd(SharedSession.conv4j(course.net(), each.options().maxContexts(load.callers())), inputs)) {
            if (!versus) {
                ThroughputResult.Side alone = race(List.of(ours)).get(0);
                return new ThroughputResult(
                        course.name(), course.batch(), each, load.callers(), alone, Optional.empty());
            }
            try (Crowd rival = new Crowd(SharedSession.onnxRuntime(course, load.threads()), inputs)) {
                List<ThroughputResult.Side> sides = race(List.of(ours, rival));
                return new ThroughputResult(
                        course.name(), course.batch(), each, load.callers(), sides.get(0), Optional.of(sides.get(1)));
            }
        }
    }

    private List<ThroughputResult.Side> race(List<Crowd> crowds) {
        Crowd.Length length = new Crowd.Length(seconds / ROUNDS / crowds.size(), FEWEST_RUNS, MOST_RUNS);
        List<List<Crowd.Turn>> turns = new ArrayList<>();
        crowds.forEach(crowd -> turns.add(new ArrayList<>()));
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < crowds.size(); i++) {
                LockSupport.parkNanos(REST_NANOSECONDS);
                turns.get(i).add(crowds.get(i).turn(length));
            }
        }
        return turns.stream().map(ThroughputRace::side).toList();
    }

    /** The median of the rounds' throughputs, and the times of all their runs. */
    static ThroughputResult.Side side(List<Crowd.Turn> turns) {
        double[] sorted =
                turns.stream().mapToDouble(Crowd.Turn::runsPerSecond).sorted().toArray();
        long[] times = turns.stream()
                .flatMap(turn -> turn.nanoseconds().stream())
                .flatMapToLong(Arrays::stream)
                .toArray();
        return new ThroughputResult.Side(
                (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2, Timings.of(times));
    }
}
