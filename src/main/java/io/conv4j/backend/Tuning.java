package io.conv4j.backend;

/** How a back end chooses among the algorithms that can compute a step. */
public enum Tuning {
    /** By a rule on shapes, whatever the threads: takes no time. */
    RULE,
    /**
     * By running them, while the plan is prepared, on memory as the run will have it: takes seconds for a large network,
     * uses the session's threads, and one plan at a time in a JVM measures. Results may round differently from one
     * preparation to the next; a tuning file keeps the choice.
     */
    MEASURE;

    /** The name as printed: {@code measure}. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
