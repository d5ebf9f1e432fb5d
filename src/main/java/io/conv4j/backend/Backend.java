package io.conv4j.backend;

import io.conv4j.Conv4jException;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;

/** One way to run plans. Implementations are stateless or load their library once; all methods are safe from any thread. */
public interface Backend {
    /** The word by which it is chosen: {@code onednn}, {@code openblas}, {@code java}. */
    String name();

    /** Whether it can run here, and why not. Cheap after the first call. */
    Availability availability();

    /** Whether it runs a step itself, and why not; a step that it does not run goes to the Java kernels. */
    Support supports(Step step);

    /** Whether it computes in a precision; f32 every back end does. */
    default boolean supports(Precision precision) {
        return precision == Precision.F32;
    }

    /** The precision in which it computes on this CPU when it is asked for one that it supports; f32 where it has no better one. */
    default Precision effective(Precision asked) {
        return asked;
    }

    /** The precision in which it computes when it is asked for one, for people. */
    default String describe(Precision asked) {
        Precision effective = effective(asked);
        return effective.word() + (effective == asked ? "" : ", as this CPU lacks " + asked.word());
    }

    /**
     * Fails unless it computes in a precision.
     *
     * @throws Conv4jException if it does not
     */
    default void require(Precision precision) {
        if (!supports(precision)) {
            throw new Conv4jException("back end '" + name() + "' does not compute in " + precision.word()
                    + ": choose f32, or another back end");
        }
    }

    /** How far graphs are to be transformed for this back end. */
    OptimizationLevel optimizationLevel();

    /**
     * Prepares a plan: primitives created, weights packed, memory placed.
     *
     * @throws Conv4jException if the back end is not available or a step cannot be run at all
     */
    Executable prepare(Plan plan, ExecutionOptions options);
}
