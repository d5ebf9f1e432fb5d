package io.conv4j.benchmark;

import java.util.Optional;

/**
 * How one network did under one load.
 *
 * @param name the network's
 * @param batch images in one run
 * @param setting of our side; its threads are those of one run, of either side
 * @param callers at a time
 * @param ours our figures
 * @param rival the rival's; empty if there was none
 */
record ThroughputResult(
        String name, int batch, RaceResult.Setting setting, int callers, Side ours, Optional<Side> rival) {
    /**
     * One side.
     *
     * @param runsPerSecond of all callers together, median of the rounds
     * @param timings milliseconds of each run of each caller in all rounds
     */
    record Side(double runsPerSecond, Timings timings) {}

    /** What runs are made under: callers at a time and threads of one run. */
    record Load(int callers, int threads) {
        @Override
        public String toString() {
            return (callers == 1 ? "1 caller" : callers + " callers")
                    + (threads == 1 ? "" : " on " + threads + " threads");
        }
    }

    Load load() {
        return new Load(callers, setting.threads());
    }

    /** Our runs a second over the rival's: above 1, we are faster. NaN without a rival. */
    double ratio() {
        return rival.map(side -> ours.runsPerSecond / side.runsPerSecond).orElse(Double.NaN);
    }
}
