package io.conv4j.cli;

import io.conv4j.runtime.SessionDescription;
import io.conv4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a run gave.
 *
 * @param description what ran it
 * @param prepareMs milliseconds from file to compiled plan
 * @param runMs milliseconds of the run
 * @param outputs the results by name
 * @param files where they were written to; empty if they were not
 */
record RunReport(
        SessionDescription description,
        double prepareMs,
        double runMs,
        Map<String, Tensor> outputs,
        Map<String, Path> files) {
    /** Fails if an output holds what is no number. */
    void requireFinite() {
        outputs.forEach((name, tensor) -> {
            Summary summary = Summary.of(tensor);
            if (summary.nonFinite() > 0) {
                throw new CheckFailed("output '" + name + "' holds " + summary.nonFinite()
                        + " numbers that are NaN or infinite, the first at " + summary.firstNonFinite());
            }
        });
    }

    /** The rows of a table for people. */
    List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("output", "type", "shape", "min", "max", "mean", "largest", "file"));
        outputs.forEach((name, tensor) -> {
            Summary summary = Summary.of(tensor);
            rows.add(List.of(
                    name,
                    tensor.dataType().word(),
                    tensor.shape().toString(),
                    number(summary.min()),
                    number(summary.max()),
                    number(summary.mean()),
                    top(tensor),
                    files.containsKey(name) ? String.valueOf(files.get(name)) : "-"));
        });
        return rows;
    }

    private static String top(Tensor tensor) {
        Map<Integer, Double> top = Summary.top(tensor);
        return top.isEmpty()
                ? "-"
                : top.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + number(entry.getValue()))
                        .collect(Collectors.joining(", "));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.5g", value);
    }

    /** Where it ran and how long it took, one line. */
    String summary() {
        return String.format(
                Locale.ROOT,
                "ran in %.1f ms on %s (%s), %d threads; read and prepared in %.0f ms; %d steps native, %d in Java, %d slow%n",
                runMs,
                description.setting().backend(),
                description.setting().detail(),
                description.intraOpThreads(),
                prepareMs,
                description.nativeSteps(),
                description.javaSteps(),
                description.slowSteps().size());
    }

    /** The same for programs. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", description.name());
        fields.put("backend", description.setting().backend());
        fields.put("detail", description.setting().detail());
        fields.put("threads", description.intraOpThreads());
        fields.put("nativeSteps", description.nativeSteps());
        fields.put("javaSteps", description.javaSteps());
        fields.put("slowSteps", description.slowSteps().size());
        fields.put("nativeCrossings", description.nativeCrossings());
        fields.put("arenaBytes", description.arena().bytes());
        fields.put("prepareMs", prepareMs);
        fields.put("runMs", runMs);
        List<Map<String, Object>> list = new ArrayList<>();
        outputs.forEach((name, tensor) -> list.add(fields(name, tensor)));
        fields.put("outputs", list);
        return fields;
    }

    private Map<String, Object> fields(String name, Tensor tensor) {
        Summary summary = Summary.of(tensor);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("type", tensor.dataType().word());
        fields.put("shape", tensor.shape().toString());
        fields.put("min", summary.min());
        fields.put("max", summary.max());
        fields.put("mean", summary.mean());
        fields.put("nonFinite", summary.nonFinite());
        fields.put("top", Summary.top(tensor));
        Path file = files.get(name);
        if (file != null) {
            fields.put("file", file.toString());
        }
        return fields;
    }
}
