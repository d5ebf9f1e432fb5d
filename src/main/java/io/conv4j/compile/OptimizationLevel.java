package io.conv4j.compile;

/** How far a graph is transformed before it runs; results differ by rounding only. */
public enum OptimizationLevel {
    /** The graph as it is written: what a judge runs. */
    NONE,
    /** Everything: constants folded, normalisation folded into weights, activations and residual sums fused. */
    ALL
}
