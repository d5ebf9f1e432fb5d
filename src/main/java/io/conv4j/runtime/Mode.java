package io.conv4j.runtime;

import java.util.Locale;

/** What a session is tuned for; follows from the number of threads one run may use. */
public enum Mode {
    /** One thread a run; callers run side by side in their own threads. */
    THROUGHPUT,
    /** Several threads a run; runs go one after the other. */
    LATENCY;

    /** The name as printed, in lower case. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
