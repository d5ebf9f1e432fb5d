package io.conv4j.validate;

import io.conv4j.runtime.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The result of a comparison; {@link #toString} is a table for people.
 *
 * @param graph the graph's name
 * @param subject the back end that is examined
 * @param reference the back end it is compared with
 * @param outputs a row for each of the graph's outputs, in its order
 * @param layers a row for each layer that was looked at, in the order of execution: all of them if that was asked for, up
 *     to the first that differs if an output differs, else none
 */
public record Validation(
        String graph, String subject, String reference, List<Comparison> outputs, List<Comparison> layers) {
    /** Copies the lists. */
    public Validation {
        outputs = List.copyOf(outputs);
        layers = List.copyOf(layers);
    }

    /** Whether all outputs are equal within their tolerances, can be trusted and are the same in a second run. */
    public boolean equal() {
        return outputs.stream().allMatch(Comparison::equal);
    }

    /** The first layer, in the order of execution, whose result differs; empty if none was seen to. */
    public Optional<Comparison> firstDifferentLayer() {
        return layers.stream().filter(layer -> !layer.equal()).findFirst();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(graph + ": " + subject + " against " + reference + "\n");
        if (!layers.isEmpty()) {
            text.append("layers\n").append(table(layers)).append("outputs\n");
        }
        text.append(table(outputs));
        for (Comparison output : outputs) {
            output.top1()
                    .ifPresent(top1 -> text.append("largest of its row at the same place: " + top1.same() + " of "
                            + top1.rows() + " rows of '" + output.name() + "'\n"));
        }
        return text.append(conclusion()).append('\n').toString();
    }

    private static String table(List<Comparison> rows) {
        List<List<String>> cells = new ArrayList<>(List.of(Comparison.HEADINGS));
        rows.forEach(row -> cells.add(row.row()));
        return TextTable.of(cells);
    }

    private String conclusion() {
        long different = outputs.stream().filter(output -> !output.equal()).count();
        if (different == 0) {
            return "equal: all " + outputs.size() + " outputs";
        }
        return "NOT EQUAL: " + different + " of " + outputs.size() + " outputs; "
                + firstDifferentLayer()
                        .map(layer ->
                                "first different layer: " + layer.layer() + ", which writes '" + layer.name() + "'")
                        .orElse("no single layer differs when its result is looked at, so that the fault lies between"
                                + " layers: in where results are kept, or in what was not looked at");
    }
}
