package io.conv4j.benchmark;

import io.conv4j.analysis.Cost;
import io.conv4j.graph.Graph;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Runs races of a given length under one setting. */
final class Racetrack {
    private static final int WARM_UP = 3;
    private static final int FEWEST_RUNS = 9;
    private static final int MOST_RUNS = 5000;
    private static final int PEAK_SIDE = 1024;

    private final RaceResult.Setting setting;
    private final double seconds;

    /**
     * Creates a track.
     *
     * @param seconds how long a race takes, about; at least {@value #FEWEST_RUNS} runs are timed whatever they take
     */
    Racetrack(RaceResult.Setting setting, double seconds) {
        this.setting = setting;
        this.seconds = seconds;
    }

    /** conv4j alone, or turn by turn with ONNX Runtime. */
    RaceResult run(Course course, boolean versus) {
        try (Contender ours = ours(course.net(), course.inputs())) {
            if (!versus) {
                return result(course, Interleaved.alone(ours, WARM_UP, runs(ours, ours)), Optional.empty());
            }
            try (Contender rival = Contender.onnxRuntime(course, setting.threads())) {
                Interleaved race = Interleaved.race(
                        ours, rival, WARM_UP, runs(ours, rival), Interleaved.Turns.of(setting.threads()));
                return result(course, race.ours(), Optional.of(race.rival()));
            }
        }
    }

    private RaceResult result(Course course, Timings ours, Optional<Timings> rival) {
        double flops = Cost.of(course.net()).flops();
        return new RaceResult(course.name(), course.batch(), setting, flops, ours, rival, OptionalDouble.empty());
    }

    /**
     * What this machine reaches now: 10⁹ floating-point operations a second of a large matrix product, by the best run.
     */
    double peakGigaflops() {
        Graph product = Graph.builder("peak")
                .input("src", Shape.of(PEAK_SIDE, PEAK_SIDE))
                .dense(square(), Tensor.zeros(DataType.F32, Shape.of(PEAK_SIDE)))
                .build();
        try (Contender ours = ours(product, Course.seeded(product, 1))) {
            double fastest = Interleaved.alone(ours, WARM_UP, 30).fastest();
            return Cost.of(product).flops() / fastest / 1e6;
        }
    }

    /** 10⁹ bytes a second, read and written, of a copy that no cache holds. */
    double bandwidth() {
        Graph copy = Graph.builder("bandwidth")
                .input("src", Shape.of(1, 64, 512, 512))
                .relu()
                .build();
        try (Contender ours = ours(copy, Course.seeded(copy, 1))) {
            double fastest = Interleaved.alone(ours, WARM_UP, 9).fastest();
            return Cost.of(copy).activationBytes() / fastest / 1e6;
        }
    }

    private static Tensor square() {
        Tensor weights = Tensor.zeros(DataType.F32, Shape.of(PEAK_SIDE, PEAK_SIDE));
        for (int i = 0; i < weights.shape().elements(); i++) {
            weights.set(i, i % 7 - 3);
        }
        return weights;
    }

    private Contender ours(Graph net, List<Tensor> inputs) {
        return Contender.conv4j(net, setting.options().maxContexts(1), inputs);
    }

    private int runs(Contender ours, Contender rival) {
        ours.run();
        rival.run();
        long start = System.nanoTime();
        ours.run();
        rival.run();
        double each = Math.max(1, System.nanoTime() - start) / 1e9;
        return (int) Math.max(FEWEST_RUNS, Math.min(MOST_RUNS, seconds / each));
    }
}
