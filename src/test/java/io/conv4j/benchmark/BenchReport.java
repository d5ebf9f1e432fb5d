package io.conv4j.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;

/**
 * Races as a table for people and as JSON for programs.
 *
 * @param results one a network
 * @param peakGigaflops what a large matrix product reached on the same threads
 */
record BenchReport(List<RaceResult> results, double peakGigaflops) {
    private static final String HEADING = "%-22s %5s %9s %17s %9s %7s %9s %7s %8s%n";
    private static final String ROW = "%-22s %5d %9.3f %8.3f-%8.3f %9.1f %6.0f%% %9s %7s %8s%n";

    /** Copies the list. */
    BenchReport {
        results = List.copyOf(results);
    }

    /** The rival over us, geometric mean over the networks; NaN without a rival. */
    double geometricMean() {
        return Math.exp(results.stream()
                .mapToDouble(result -> Math.log(result.ratio()))
                .average()
                .orElse(Double.NaN));
    }

    /** A line a network, and the mean. */
    String table() {
        StringBuilder table = new StringBuilder();
        if (!results.isEmpty()) {
            RaceResult.Setting setting = results.get(0).setting();
            table.append(format(
                    "%s, %s, %d threads; milliseconds: median and the range of the middle 80 %% of runs; ratio ="
                            + " onnxruntime / conv4j%n",
                    setting.backend(), setting.precision().word(), setting.threads()));
        }
        table.append(format(
                HEADING,
                "network",
                "batch",
                "conv4j",
                "10 % - 90 %",
                "GFLOP/s",
                "of peak",
                "onnxrt",
                "ratio",
                profiled() ? "between" : ""));
        for (RaceResult result : results) {
            boolean raced = result.rival().isPresent();
            table.append(format(
                    ROW,
                    result.name(),
                    result.batch(),
                    result.ours().median(),
                    result.ours().p10(),
                    result.ours().p90(),
                    result.gigaflops(),
                    100 * result.gigaflops() / peakGigaflops,
                    raced ? format("%.3f", result.rival().get().median()) : "",
                    raced ? format("%.2f", result.ratio()) : "",
                    result.between().isPresent()
                            ? format("%.1f%%", 100 * result.between().getAsDouble())
                            : ""));
        }
        if (profiled()) {
            table.append(format("between: share of conv4j's time outside convolutions and products%n"));
        }
        if (!Double.isNaN(geometricMean())) {
            table.append(format("geometric mean of the ratios: %.3f%n", geometricMean()));
        }
        return table.append(format("peak (1024x1024x1024 matrix product): %.0f GFLOP/s%n", peakGigaflops))
                .toString();
    }

    private boolean profiled() {
        return results.stream().anyMatch(result -> result.between().isPresent());
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** An object with the fields {@code networks}, {@code geometricMean} and {@code peakGflops}. */
    void json(Writer writer) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(writer).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeArrayFieldStart("networks");
            for (RaceResult result : results) {
                network(json, result);
            }
            json.writeEndArray();
            if (!Double.isNaN(geometricMean())) {
                json.writeNumberField("geometricMean", geometricMean());
            }
            json.writeNumberField("peakGflops", peakGigaflops);
            json.writeEndObject();
        }
    }

    private static void network(JsonGenerator json, RaceResult result) throws IOException {
        json.writeStartObject();
        json.writeStringField("model", result.name());
        json.writeStringField("backend", result.setting().backend());
        json.writeStringField("precision", result.setting().precision().word());
        json.writeNumberField("threads", result.setting().threads());
        json.writeStringField("tuning", result.setting().algorithms().tuning().word());
        json.writeNumberField("batch", result.batch());
        json.writeNumberField("gflops", result.gigaflops());
        timings(json, "conv4j", result.ours());
        if (result.between().isPresent()) {
            json.writeNumberField("conv4j.betweenProducts", result.between().getAsDouble());
        }
        if (result.rival().isPresent()) {
            timings(json, "onnxruntime", result.rival().get());
            json.writeNumberField("ratio", result.ratio());
        }
        json.writeEndObject();
    }

    private static void timings(JsonGenerator json, String who, Timings timings) throws IOException {
        json.writeNumberField(who + ".runs", timings.runs());
        json.writeNumberField(who + ".medianMs", timings.median());
        json.writeNumberField(who + ".p10Ms", timings.p10());
        json.writeNumberField(who + ".p90Ms", timings.p90());
    }
}
