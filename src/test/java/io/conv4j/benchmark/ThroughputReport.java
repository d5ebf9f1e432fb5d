package io.conv4j.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.conv4j.benchmark.ThroughputResult.Load;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Throughputs as a table for people and as JSON for programs.
 *
 * @param results one a network and load, those of a network together
 */
record ThroughputReport(List<ThroughputResult> results) {
    private static final String HEADING = "%-20s %5s %7s %7s  %s";
    private static final String ROW = "%-20s %5d %7d %7d  %s";
    private static final String SIDE_HEADING = " %9s %9s %9s %9s";
    private static final String SIDE = " %9.1f %9.2f %9.2f %9.2f";

    /** Copies the list. */
    ThroughputReport {
        results = List.copyOf(results);
    }

    /** The loads in the order of the results. */
    List<Load> loads() {
        return results.stream().map(ThroughputResult::load).distinct().toList();
    }

    /** The geometric mean of the ratios under one load; NaN without a rival. */
    double geometricMean(Load load) {
        return Math.exp(results.stream()
                .filter(result -> result.load().equals(load))
                .mapToDouble(result -> Math.log(result.ratio()))
                .average()
                .orElse(Double.NaN));
    }

    /** A line a result, a blank one between networks, and the means. */
    String table() {
        StringBuilder table = new StringBuilder(heading());
        String before = results.isEmpty() ? "" : results.get(0).name();
        for (ThroughputResult result : results) {
            table.append(result.name().equals(before) ? "" : format("%n")).append(row(result));
            before = result.name();
        }
        return table.append(means()).toString();
    }

    private String heading() {
        StringBuilder heading = new StringBuilder();
        if (!results.isEmpty()) {
            RaceResult.Setting setting = results.get(0).setting();
            heading.append(format(
                    "%s, %s; runs a second of all callers together, median of %d rounds;%n",
                    setting.backend(), setting.precision().word(), ThroughputRace.ROUNDS));
        }
        heading.append("milliseconds of one run: median, and what 90 % and 99 % of the runs stay below");
        heading.append(format(raced() ? "; ratio = conv4j / onnxruntime%n" : "%n"));
        String ours = format(SIDE_HEADING, "conv4j", "", "", "");
        String rival = format(SIDE_HEADING, "onnxrt", "", "", "");
        String figures = format(SIDE_HEADING, "runs/s", "median", "90 %", "99 %");
        String above = format(HEADING, "", "", "", "", raced() ? ours + " " + rival : ours);
        String names = raced() ? figures + " " + figures + format("%8s", "ratio") : figures;
        return heading.append(format("%s%n", above.stripTrailing()))
                .append(format(HEADING + "%n", "network", "batch", "callers", "threads", names))
                .toString();
    }

    private static String row(ThroughputResult result) {
        String rival = result.rival()
                .map(side -> " " + side(side) + format("%8.2f", result.ratio()))
                .orElse("");
        return format(
                ROW + "%n",
                result.name(),
                result.batch(),
                result.callers(),
                result.setting().threads(),
                side(result.ours()) + rival);
    }

    private static String side(ThroughputResult.Side side) {
        Timings timings = side.timings();
        return format(SIDE, side.runsPerSecond(), timings.median(), timings.p90(), timings.p99());
    }

    private String means() {
        if (!raced()) {
            return "";
        }
        StringBuilder means = new StringBuilder(format("%ngeometric mean of the ratios:%n"));
        loads().forEach(load -> means.append(format("  %-24s %.3f%n", load, geometricMean(load))));
        return means.toString();
    }

    private boolean raced() {
        return results.stream().anyMatch(result -> result.rival().isPresent());
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** An object with the fields {@code throughputs} and, with a rival, {@code geometricMeans}. */
    void json(Writer writer) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(writer).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeArrayFieldStart("throughputs");
            for (ThroughputResult result : results) {
                network(json, result);
            }
            json.writeEndArray();
            if (raced()) {
                json.writeArrayFieldStart("geometricMeans");
                for (Load load : loads()) {
                    json.writeStartObject();
                    json.writeNumberField("callers", load.callers());
                    json.writeNumberField("threads", load.threads());
                    json.writeNumberField("ratio", geometricMean(load));
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
    }

    private static void network(JsonGenerator json, ThroughputResult result) throws IOException {
        json.writeStartObject();
        json.writeStringField("model", result.name());
        json.writeStringField("backend", result.setting().backend());
        json.writeStringField("precision", result.setting().precision().word());
        json.writeNumberField("batch", result.batch());
        json.writeNumberField("callers", result.callers());
        json.writeNumberField("threads", result.setting().threads());
        side(json, "conv4j", result.ours());
        Optional<ThroughputResult.Side> rival = result.rival();
        if (rival.isPresent()) {
            side(json, "onnxruntime", rival.get());
            json.writeNumberField("ratio", result.ratio());
        }
        json.writeEndObject();
    }

    private static void side(JsonGenerator json, String who, ThroughputResult.Side side) throws IOException {
        json.writeNumberField(who + ".runsPerSecond", side.runsPerSecond());
        json.writeNumberField(who + ".runs", side.timings().runs());
        json.writeNumberField(who + ".medianMs", side.timings().median());
        json.writeNumberField(who + ".p90Ms", side.timings().p90());
        json.writeNumberField(who + ".p99Ms", side.timings().p99());
    }
}
