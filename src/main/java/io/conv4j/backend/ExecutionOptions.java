package io.conv4j.backend;

import io.conv4j.Conv4jException;
import java.util.Set;

/**
 * How a plan is to be run.
 *
 * @param intraOpThreads threads one run may use, at least 1; fixed when the plan is prepared
 * @param algorithms which algorithms may be used and how they are chosen, for back ends that have several
 * @param precision of all layers but those named
 * @param keptF32 names of nodes that are computed in f32 whatever the precision
 */
public record ExecutionOptions(
        int intraOpThreads, AlgorithmOptions algorithms, Precision precision, Set<String> keptF32) {
    /** Checks the ranges. */
    public ExecutionOptions {
        keptF32 = Set.copyOf(keptF32);
        if (intraOpThreads < 1) {
            throw new Conv4jException("intraOpThreads should be at least 1, got " + intraOpThreads);
        }
    }

    /** In f32, with every algorithm allowed, chosen by rule. */
    public ExecutionOptions(int intraOpThreads) {
        this(intraOpThreads, AlgorithmOptions.DEFAULT, Precision.F32, Set.of());
    }

    /** With another number of threads. */
    public ExecutionOptions intraOpThreads(int threads) {
        return new ExecutionOptions(threads, algorithms, precision, keptF32);
    }

    /** With another choice of algorithms. */
    public ExecutionOptions algorithms(AlgorithmOptions choice) {
        return new ExecutionOptions(intraOpThreads, choice, precision, keptF32);
    }

    /** With Winograd's algorithm allowed or forbidden. */
    public ExecutionOptions winograd(boolean allowed) {
        return algorithms(algorithms.winograd(allowed));
    }

    /** In another precision. */
    public ExecutionOptions precision(Precision wanted) {
        return new ExecutionOptions(intraOpThreads, algorithms, wanted, keptF32);
    }

    /** With other nodes kept in f32. */
    public ExecutionOptions keptF32(Set<String> nodes) {
        return new ExecutionOptions(intraOpThreads, algorithms, precision, nodes);
    }

    /** The precision of the step that came from a node of this name. */
    public Precision precisionOf(String node) {
        return keptF32.contains(node) ? Precision.F32 : precision;
    }
}
