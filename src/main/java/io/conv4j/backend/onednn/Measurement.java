package io.conv4j.backend.onednn;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What measuring the algorithms of a step gave.
 *
 * @param choice the name of the one to take
 * @param micros microseconds of each that was tried, by name, in the order of trial; may be empty in a file written by hand
 */
record Measurement(String choice, Map<String, Double> micros) {
    boolean chose(Algorithm algorithm) {
        return algorithm.toString().equals(choice);
    }

    /** {@code direct 812.3, winograd F(4x4) 401.2 us}; what a tuning file holds, less the unit. */
    String times() {
        return micros.isEmpty() ? choice : list() + " us";
    }

    /** The times separated by semicolons, as names hold commas. */
    String list() {
        return micros.entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%s %.1f", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("; "));
    }
}
