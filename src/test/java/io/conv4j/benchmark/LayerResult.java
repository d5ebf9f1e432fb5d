package io.conv4j.benchmark;

/**
 * How one layer did.
 *
 * @param layer what was computed
 * @param threads of both sides
 * @param ours conv4j
 * @param direct oneDNN's own primitive
 */
record LayerResult(ZooLayer layer, int threads, Side ours, Side direct) {
    /** Winograd's algorithm on large maps is to take half the time; nothing is to take longer but for noise. */
    private static final double LARGE_DENSE = 2;

    private static final double OTHERS = 1 / 1.03;

    /**
     * One side.
     *
     * @param steps implementations and algorithms of what was timed
     * @param timings milliseconds of each run
     */
    record Side(String steps, Timings timings) {}

    /** oneDNN's time over ours: above 1, we are faster. */
    double ratio() {
        return direct.timings().median() / ours.timings().median();
    }

    /** The ratio that is asked for. */
    double wanted() {
        return layer.isLargeDense() ? LARGE_DENSE : OTHERS;
    }

    /** Whether it is reached. */
    boolean holds() {
        return ratio() >= wanted();
    }
}
