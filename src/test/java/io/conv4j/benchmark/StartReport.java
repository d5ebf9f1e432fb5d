package io.conv4j.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Starts as a table for people and as JSON for programs.
 *
 * @param results one a network and number of threads
 */
record StartReport(List<StartResult> results) {
    private static final String HEADING = "%-22s %7s  %9s %9s %6s  %9s %9s %6s  %9s %9s %6s%n";
    private static final String ROW = "%-22s %7d  %9.0f %9.0f %6.2f  %9.0f %9.0f %6.2f  %9.0f %9.0f %6.2f%n";

    /** Copies the list. */
    StartReport {
        results = List.copyOf(results);
    }

    /** The geometric mean of a ratio over the results. */
    double mean(ToDoubleFunction<StartResult> ratio) {
        return Math.exp(results.stream()
                .mapToDouble(result -> Math.log(ratio.applyAsDouble(result)))
                .average()
                .orElse(Double.NaN));
    }

    /** A line a result, and the means. */
    String table() {
        StringBuilder table = new StringBuilder(format(
                "from the file to the first output in a fresh process, medians;" + " ratio = onnxruntime / conv4j%n"));
        table.append(format(HEADING, "", "", "first", "ms", "", "peak", "MB", "", "process", "ms", ""));
        table.append(format(
                HEADING, "network", "threads", "conv4j", "onnxrt", "ratio", "conv4j", "onnxrt", "ratio", "conv4j",
                "onnxrt", "ratio"));
        for (StartResult result : results) {
            StartResult.Side ours = result.ours();
            StartResult.Side rival = result.rival();
            table.append(format(
                    ROW,
                    result.name(),
                    result.threads(),
                    ours.firstMs(),
                    rival.firstMs(),
                    result.timeRatio(),
                    ours.peakMb(),
                    rival.peakMb(),
                    result.memoryRatio(),
                    ours.wallMs(),
                    rival.wallMs(),
                    result.wallRatio()));
        }
        return table.append(format(
                        "geometric mean of the ratios: first output %.3f, peak %.3f, process %.3f%n",
                        mean(StartResult::timeRatio), mean(StartResult::memoryRatio), mean(StartResult::wallRatio)))
                .toString();
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** An object with the fields {@code starts}, {@code geometricMean.time} and {@code geometricMean.memory}. */
    void json(Writer writer) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(writer).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeArrayFieldStart("starts");
            for (StartResult result : results) {
                json.writeStartObject();
                json.writeStringField("model", result.name());
                json.writeNumberField("threads", result.threads());
                side(json, "conv4j", result.ours());
                side(json, "onnxruntime", result.rival());
                json.writeNumberField("ratio.time", result.timeRatio());
                json.writeNumberField("ratio.memory", result.memoryRatio());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("geometricMean.time", mean(StartResult::timeRatio));
            json.writeNumberField("geometricMean.memory", mean(StartResult::memoryRatio));
            json.writeEndObject();
        }
    }

    private static void side(JsonGenerator json, String who, StartResult.Side side) throws IOException {
        json.writeNumberField(who + ".firstMs", side.firstMs());
        json.writeNumberField(who + ".peakMb", side.peakMb());
        json.writeNumberField(who + ".processMs", side.wallMs());
    }
}
