package io.conv4j.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;

/**
 * Races of layers as a table for people and as JSON for programs.
 *
 * @param results one a layer
 */
record LayerReport(List<LayerResult> results) {
    private static final String HEADING = "%-18s %-44s %9s %17s %9s %17s %6s   %s%n";
    private static final String ROW = "%-18s %-44s %9.1f %8.1f-%8.1f %9.1f %8.1f-%8.1f %6.2f %s %s%n";
    private static final double MICROS = 1e3;

    /** Copies the list. */
    LayerReport {
        results = List.copyOf(results);
    }

    /** The layers that do not reach what is wanted, by that ratio to it, worst first. */
    List<LayerResult> misses() {
        return results.stream()
                .filter(result -> !result.holds())
                .sorted((a, b) -> Double.compare(a.ratio() / a.wanted(), b.ratio() / b.wanted()))
                .toList();
    }

    /** A line a layer, and how many are as fast as wanted; those that are not are marked. */
    String table() {
        StringBuilder table = new StringBuilder(format(
                "%d threads; microseconds: median and the range of the middle 80 %% of runs; ratio = oneDNN's own direct"
                        + " primitive / conv4j%n",
                results.isEmpty() ? 0 : results.get(0).threads()));
        table.append(format(
                HEADING, "network", "layer", "conv4j", "10 % - 90 %", "oneDNN", "10 % - 90 %", "ratio", "steps"));
        results.forEach(result -> table.append(row(result)));
        table.append(format(
                "%d of %d layers as fast as wanted: %d of %d dense 3x3 layers on 56x56 and larger at least 2 times, %d of"
                        + " %d others at least 1/1.03 times as fast as oneDNN%n",
                count(true, true) + count(false, true),
                results.size(),
                count(true, true),
                count(true, true) + count(true, false),
                count(false, true),
                count(false, true) + count(false, false)));
        List<LayerResult> misses = misses();
        if (!misses.isEmpty()) {
            table.append(format("not as fast as wanted, worst first:%n"));
            misses.forEach(result -> table.append(row(result)));
        }
        return table.toString();
    }

    private long count(boolean large, boolean holds) {
        return results.stream()
                .filter(result -> result.layer().isLargeDense() == large && result.holds() == holds)
                .count();
    }

    private static String row(LayerResult result) {
        Timings ours = result.ours().timings();
        Timings direct = result.direct().timings();
        return format(
                ROW,
                result.layer().net(),
                result.layer(),
                MICROS * ours.median(),
                MICROS * ours.p10(),
                MICROS * ours.p90(),
                MICROS * direct.median(),
                MICROS * direct.p10(),
                MICROS * direct.p90(),
                result.ratio(),
                result.holds() ? " " : "<",
                result.ours().steps() + " | " + result.direct().steps());
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** An object with the fields {@code layers} and {@code misses}, a number. */
    void json(Writer writer) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(writer).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeArrayFieldStart("layers");
            for (LayerResult result : results) {
                json.writeStartObject();
                json.writeStringField("model", result.layer().net());
                json.writeStringField("layer", result.layer().toString());
                json.writeNumberField("threads", result.threads());
                json.writeNumberField("flop", result.layer().flops());
                side(json, "conv4j", result.ours());
                side(json, "onednn", result.direct());
                json.writeNumberField("ratio", result.ratio());
                json.writeNumberField("wanted", result.wanted());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("misses", misses().size());
            json.writeEndObject();
        }
    }

    private static void side(JsonGenerator json, String who, LayerResult.Side side) throws IOException {
        json.writeStringField(who + ".steps", side.steps());
        json.writeNumberField(who + ".runs", side.timings().runs());
        json.writeNumberField(who + ".medianMs", side.timings().median());
        json.writeNumberField(who + ".p10Ms", side.timings().p10());
        json.writeNumberField(who + ".p90Ms", side.timings().p90());
    }
}
