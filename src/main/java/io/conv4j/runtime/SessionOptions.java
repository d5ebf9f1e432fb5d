package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.Tuning;
import io.conv4j.compile.OptimizationLevel;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a session runs. Immutable; the methods with a parameter return changed copies:
 *
 * <pre>{@code
 * Session.open(path, SessionOptions.throughput().backend("onednn"));
 * }</pre>
 *
 * @param backend {@code auto}, or the name of a back end that must be used
 * @param execution threads, precision and the like; one thread is {@link Mode#THROUGHPUT}, more is {@link Mode#LATENCY}
 * @param optimizationLevel how far graphs may be transformed; never further than the back end asks for
 * @param planCacheCapacity compiled plans kept, one for each set of input shapes; the one unused for longest goes first
 * @param maxContexts runs at a time for each plan, callers beyond wait; empty for the number of processors. In
 *     {@link Mode#LATENCY} it is always 1
 */
public record SessionOptions(
        String backend,
        ExecutionOptions execution,
        OptimizationLevel optimizationLevel,
        int planCacheCapacity,
        OptionalInt maxContexts) {
    private static final int DEFAULT_PLANS = 8;

    /** Checks the ranges. */
    public SessionOptions {
        checkPositive("planCacheCapacity", planCacheCapacity);
        checkPositive("maxContexts", maxContexts.orElse(1));
        if (backend.isBlank()) {
            throw new Conv4jException("the back end's name is blank: write " + Backends.AUTO + " to have one chosen");
        }
    }

    private static void checkPositive(String name, int value) {
        if (value < 1) {
            throw new Conv4jException(name + " should be at least 1, got " + value);
        }
    }

    /** As {@link #latency()}. */
    public static SessionOptions defaults() {
        return latency();
    }

    /**
     * One request as fast as it can be: all threads work on it. Their number is that of {@code OMP_NUM_THREADS} if it is
     * set and valid, else of the processors the JVM may use, which follows container limits.
     */
    public static SessionOptions latency() {
        int threads =
                threads(System.getenv("OMP_NUM_THREADS"), Runtime.getRuntime().availableProcessors());
        return new SessionOptions(
                Backends.AUTO,
                new ExecutionOptions(threads),
                OptimizationLevel.ALL,
                DEFAULT_PLANS,
                OptionalInt.empty());
    }

    /** Many requests at a time: each runs in its caller's thread alone. */
    public static SessionOptions throughput() {
        return latency().intraOpThreads(1);
    }

    /** The first number of a list such as {@code 4,2}, as OpenMP reads it; the processors if there is none. */
    static int threads(@Nullable String ompNumThreads, int processors) {
        if (ompNumThreads == null) {
            return processors;
        }
        try {
            int threads = Integer.parseInt(ompNumThreads.split(",", -1)[0].trim());
            return threads >= 1 ? threads : processors;
        } catch (NumberFormatException e) {
            return processors;
        }
    }

    /** With another back end. */
    public SessionOptions backend(String name) {
        return new SessionOptions(name, execution, optimizationLevel, planCacheCapacity, maxContexts);
    }

    /** With another number of threads for one run. With more than one, weights are packed by another thread while a session opens. */
    public SessionOptions intraOpThreads(int threads) {
        return execution(execution.intraOpThreads(threads));
    }

    /**
     * With algorithms of fewer products, which are faster and round differently, allowed or forbidden: Winograd's for 3x3
     * convolutions, in groups too, and for windows of five rows and more, Strassen's for pointwise ones, and the fast inner product
     * (Winograd 1968) for those of one group where a CPU's adders stand idle. Where they are taken, the error of a number is small
     * beside the largest ones near it in the same image, and a NaN or an infinity reaches some pixels near its own.
     */
    public SessionOptions winograd(boolean allowed) {
        return execution(execution.winograd(allowed));
    }

    /** With another way to choose among algorithms: by rule, or by measuring them while a plan is prepared. */
    public SessionOptions tuning(Tuning tuning) {
        return execution(execution.algorithms(execution.algorithms().tuning(tuning)));
    }

    /**
     * With a text file of choices measured before, which {@link Tuning#MEASURE} creates and completes. What it says of this
     * machine, its libraries and this number of threads is followed, all else in it is kept and ignored. Any number of
     * sessions may use one file at a time.
     */
    public SessionOptions tuningFile(Path file) {
        return execution(execution.algorithms(execution.algorithms().tuningFile(file)));
    }

    /**
     * Computing in another precision, for back ends that have it. In bf16 most results have an NMSE below 1e-3 against those
     * of f32, which inputs can make worse: {@code validate} shows it for yours. What leads to an output that would show larger
     * errors is kept in f32: all that comes before numbers are compared and a floating-point output depends on it, as where
     * peaks are picked, and before outputs that are sigmoids or exponentials of arguments that are large by their weights. On a CPU
     * without AVX-512, for which oneDNN has next to nothing in bf16, everything is.
     */
    public SessionOptions precision(Precision precision) {
        return execution(execution.precision(precision));
    }

    /**
     * With these nodes computed in f32 whatever the precision, instead of those that bf16 keeps by itself; may be none. A session
     * refuses names that its model does not have.
     */
    public SessionOptions keptF32(Set<String> nodes) {
        return execution(execution.keptF32(nodes));
    }

    private SessionOptions execution(ExecutionOptions changed) {
        return new SessionOptions(backend, changed, optimizationLevel, planCacheCapacity, maxContexts);
    }

    /** With another limit to what is transformed. */
    public SessionOptions optimizationLevel(OptimizationLevel level) {
        return new SessionOptions(backend, execution, level, planCacheCapacity, maxContexts);
    }

    /** With another number of compiled plans kept. */
    public SessionOptions planCacheCapacity(int plans) {
        return new SessionOptions(backend, execution, optimizationLevel, plans, maxContexts);
    }

    /** With another number of runs at a time. */
    public SessionOptions maxContexts(int contexts) {
        return new SessionOptions(backend, execution, optimizationLevel, planCacheCapacity, OptionalInt.of(contexts));
    }

    /** Threads one run may use. */
    public int intraOpThreads() {
        return execution.intraOpThreads();
    }

    /** What the session is tuned for. */
    public Mode mode() {
        return intraOpThreads() == 1 ? Mode.THROUGHPUT : Mode.LATENCY;
    }

    /** The number of runs at a time in force. */
    public int contexts() {
        return mode() == Mode.LATENCY
                ? 1
                : maxContexts.orElse(Runtime.getRuntime().availableProcessors());
    }
}
