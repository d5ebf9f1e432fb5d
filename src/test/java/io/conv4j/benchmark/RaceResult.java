package io.conv4j.benchmark;

import io.conv4j.backend.Precision;
import java.util.Optional;

/**
 * How one network did.
 *
 * @param name the network's
 * @param setting what held for the runs
 * @param flops floating-point operations of one run
 * @param ours our times
 * @param rival the rival's; empty if there was none
 */
record RaceResult(String name, Setting setting, double flops, Timings ours, Optional<Timings> rival) {
    /** Back end and precision of our side, threads of both, images in one run. */
    record Setting(String backend, Precision precision, int threads, int batch) {}

    /** Median of the rival over ours: above 1, we are faster. NaN without a rival. */
    double ratio() {
        return rival.map(timings -> timings.median() / ours.median()).orElse(Double.NaN);
    }

    /** 10⁹ floating-point operations a second, by our median. */
    double gigaflops() {
        return flops / ours.median() / 1e6;
    }
}
