package io.conv4j.benchmark;

import java.util.concurrent.locks.LockSupport;

/**
 * A race of two in one JVM, A B A B …, so that whatever else the machine does hits both alike.
 *
 * @param ours times of the first
 * @param rival times of the second
 */
record Interleaved(Timings ours, Timings rival) {
    /**
     * How the two take turns.
     *
     * @param runs of one turn that are timed
     * @param restMillis before each turn
     */
    record Turns(int runs, int restMillis) {
        /**
         * Run by run on one thread. On more, some runs a turn after a rest: ONNX Runtime's pool spins for tens of
         * milliseconds after its last run, on the cores that the other side needs, and the other way round. The first run
         * of such a turn wakes the own pool and is not timed.
         */
        static Turns of(int threads) {
            return threads == 1 ? new Turns(1, 0) : new Turns(8, 100);
        }
    }

    /** Runs both {@code warmUp} times untimed, then {@code runs} times each or a few more, in the calling thread. */
    static Interleaved race(Contender ours, Contender rival, int warmUp, int runs, Turns turns) {
        for (int i = 0; i < warmUp; i++) {
            ours.run();
            rival.run();
        }
        int rounds = (runs + turns.runs - 1) / turns.runs;
        long[] ourTimes = new long[rounds * turns.runs];
        long[] rivalTimes = new long[rounds * turns.runs];
        for (int i = 0; i < ourTimes.length; i += turns.runs) {
            turn(ours, turns, ourTimes, i);
            turn(rival, turns, rivalTimes, i);
        }
        return new Interleaved(Timings.of(ourTimes), Timings.of(rivalTimes));
    }

    private static void turn(Contender contender, Turns turns, long[] times, int from) {
        if (turns.restMillis > 0) {
            LockSupport.parkNanos(turns.restMillis * 1_000_000L);
            contender.run();
        }
        for (int i = 0; i < turns.runs; i++) {
            times[from + i] = time(contender);
        }
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
