package io.conv4j.benchmark;

/**
 * A race of two in one JVM, A B A B …, so that whatever else the machine does hits both alike.
 *
 * @param ours times of the first
 * @param rival times of the second
 */
record Interleaved(Timings ours, Timings rival) {
    /** Runs both {@code warmUp} times untimed, then {@code runs} times each, turn by turn, in the calling thread. */
    static Interleaved race(Contender ours, Contender rival, int warmUp, int runs) {
        for (int i = 0; i < warmUp; i++) {
            ours.run();
            rival.run();
        }
        long[] ourTimes = new long[runs];
        long[] rivalTimes = new long[runs];
        for (int i = 0; i < runs; i++) {
            ourTimes[i] = time(ours);
            rivalTimes[i] = time(rival);
        }
        return new Interleaved(Timings.of(ourTimes), Timings.of(rivalTimes));
    }

    /** Runs one {@code warmUp} times untimed, then {@code runs} times. */
    static Timings alone(Contender contender, int warmUp, int runs) {
        for (int i = 0; i < warmUp; i++) {
            contender.run();
        }
        long[] times = new long[runs];
        for (int i = 0; i < runs; i++) {
            times[i] = time(contender);
        }
        return Timings.of(times);
    }

    private static long time(Contender contender) {
        long start = System.nanoTime();
        contender.run();
        return System.nanoTime() - start;
    }

    /** Median of the rival over ours: above 1, we are faster. */
    double speedup() {
        return rival.median() / ours.median();
    }
}
