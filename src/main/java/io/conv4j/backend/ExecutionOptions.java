package io.conv4j.backend;

import io.conv4j.Conv4jException;

/**
 * How a plan is to be run.
 *
 * @param intraOpThreads threads one run may use, at least 1; fixed when the plan is prepared
 * @param winograd whether convolutions may be computed by Winograd's algorithm, which is faster and rounds differently
 */
public record ExecutionOptions(int intraOpThreads, boolean winograd) {
    /** Checks the ranges. */
    public ExecutionOptions {
        if (intraOpThreads < 1) {
            throw new Conv4jException("intraOpThreads should be at least 1, got " + intraOpThreads);
        }
    }

    /** With every algorithm allowed. */
    public ExecutionOptions(int intraOpThreads) {
        this(intraOpThreads, true);
    }
}
