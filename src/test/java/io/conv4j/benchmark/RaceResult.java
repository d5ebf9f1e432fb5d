package io.conv4j.benchmark;

import io.conv4j.backend.AlgorithmOptions;
import io.conv4j.backend.Precision;
import io.conv4j.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How one network did.
 *
 * @param name the network's
 * @param batch images in one run
 * @param setting what held for the runs
 * @param flops floating-point operations of one run
 * @param ours our times
 * @param rival the rival's; empty if there was none
 * @param between the share of our time in which no products are computed; empty if that was not measured
 */
record RaceResult(
        String name,
        int batch,
        Setting setting,
        double flops,
        Timings ours,
        Optional<Timings> rival,
        OptionalDouble between) {
    /** Back end, precision and choice of algorithms of our side, threads of both. */
    record Setting(String backend, Precision precision, int threads, AlgorithmOptions algorithms) {
        /** Algorithms chosen by rule. */
        Setting(String backend, Precision precision, int threads) {
            this(backend, precision, threads, AlgorithmOptions.DEFAULT);
        }

        /** The options of our side's sessions. */
        SessionOptions options() {
            SessionOptions options = SessionOptions.defaults()
                    .backend(backend)
                    .intraOpThreads(threads)
                    .precision(precision)
                    .tuning(algorithms.tuning());
            Path file = algorithms.tuningFile();
            return file == null ? options : options.tuningFile(file);
        }
    }

    /** The same with the share that a profile found. */
    RaceResult between(double share) {
        return new RaceResult(name, batch, setting, flops, ours, rival, OptionalDouble.of(share));
    }

    /** Median of the rival over ours: above 1, we are faster. NaN without a rival. */
    double ratio() {
        return rival.map(timings -> timings.median() / ours.median()).orElse(Double.NaN);
    }

    /** 10⁹ floating-point operations a second, by our median. */
    double gigaflops() {
        return flops / ours.median() / 1e6;
    }
}
