package io.conv4j.backend;

import io.conv4j.Conv4jException;
import io.conv4j.compile.IllConditioned;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Graph;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a plan is to be run.
 *
 * @param intraOpThreads threads one run may use, at least 1; fixed when the plan is prepared
 * @param algorithms which algorithms may be used and how they are chosen, for back ends that have several
 * @param precision of all layers but those that are kept in f32
 * @param keptF32 names of nodes that are computed in f32 whatever the precision; null for those that {@link #forPlan} finds
 */
public record ExecutionOptions(
        int intraOpThreads,
        AlgorithmOptions algorithms,
        Precision precision,
        @Nullable Set<String> keptF32) {
    private static final int SOME = 8;

    /** Checks the ranges. */
    public ExecutionOptions {
        keptF32 = keptF32 == null ? null : Set.copyOf(keptF32);
        if (intraOpThreads < 1) {
            throw new Conv4jException("intraOpThreads should be at least 1, got " + intraOpThreads);
        }
    }

    /** In f32, with every algorithm allowed, chosen by rule. */
    public ExecutionOptions(int intraOpThreads) {
        this(intraOpThreads, AlgorithmOptions.DEFAULT, Precision.F32, null);
    }

    /** With another number of threads. */
    public ExecutionOptions intraOpThreads(int threads) {
        return new ExecutionOptions(threads, algorithms, precision, keptF32);
    }

    /** With another choice of algorithms. */
    public ExecutionOptions algorithms(AlgorithmOptions choice) {
        return new ExecutionOptions(intraOpThreads, choice, precision, keptF32);
    }

    /** With the algorithms of fewer products allowed or forbidden. */
    public ExecutionOptions winograd(boolean allowed) {
        return algorithms(algorithms.winograd(allowed));
    }

    /** In another precision. */
    public ExecutionOptions precision(Precision wanted) {
        return new ExecutionOptions(intraOpThreads, algorithms, wanted, keptF32);
    }

    /** With these nodes, and no others, kept in f32. */
    public ExecutionOptions keptF32(Set<String> nodes) {
        return new ExecutionOptions(intraOpThreads, algorithms, precision, nodes);
    }

    /**
     * With the nodes named that are kept in f32: unless the caller named some, or none, those that lead to an {@linkplain
     * IllConditioned ill-conditioned} output, which would miss the precision's tolerance.
     */
    public ExecutionOptions forPlan(Plan plan) {
        if (precision == Precision.F32 || keptF32 != null) {
            return this;
        }
        Set<String> names = new HashSet<>();
        for (Step step : IllConditioned.steps(plan, precision.rounding(), precision.tolerance())) {
            names.add(step.name());
        }
        return keptF32(names);
    }

    /**
     * Fails if a node is to be kept in f32 that neither a graph nor its plan has.
     *
     * @throws Conv4jException naming it and what some nodes are called
     */
    public void requireNodes(Graph graph, Plan plan) {
        if (keptF32 == null || keptF32.isEmpty()) {
            return;
        }
        Set<String> names = new LinkedHashSet<>();
        plan.steps().forEach(step -> names.add(step.name()));
        graph.nodes().forEach(node -> names.add(node.name()));
        for (String name : keptF32) {
            if (!names.contains(name)) {
                String some = names.stream().limit(SOME).collect(Collectors.joining("', '", "'", "'"));
                throw new Conv4jException("node '" + name + "' is to be kept in f32, but '" + graph.name()
                        + "' has no such node: its first ones are " + some + ", and describe() names all");
            }
        }
    }

    /** The precision of the step that came from a node of this name. */
    public Precision precisionOf(String node) {
        return keptF32 != null && keptF32.contains(node) ? Precision.F32 : precision;
    }
}
