package io.conv4j.cli;

import io.conv4j.tensor.Shape;
import io.conv4j.validate.Difference;
import io.conv4j.validate.Validator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the demo found.
 *
 * @param input the shape the network was run for
 * @param subject the run on the back end asked for
 * @param judge the run in plain Java; null if that was the one asked for
 * @param boxes where text is, in the picture's pixels
 * @param sign the picture's words; null if it is not our own
 */
record DemoReport(
        Shape input,
        Timed subject,
        @Nullable Timed judge,
        List<TiltedBox> boxes,
        @Nullable StreetSign sign) {
    private List<String> missing() {
        return sign == null ? List.of() : sign.missing(boxes);
    }

    private @Nullable Difference difference() {
        return judge == null ? null : Difference.between(subject.result(), judge.result());
    }

    private static boolean equal(Difference difference) {
        return difference.nonFinite() == 0 && difference.normalised() <= Validator.TOLERANCE;
    }

    /** Fails if the back ends differ or a word of our own sign was not found. */
    void requireGood() {
        Difference difference = difference();
        if (difference != null && !equal(difference)) {
            throw new CheckFailed("back end " + subject.backend() + " differs from plain Java: " + difference);
        }
        if (!missing().isEmpty()) {
            throw new CheckFailed("not found on the sign: " + String.join(", ", missing()));
        }
    }

    /** The rows of a table for people. */
    List<List<String>> rows(@Nullable Path file, List<Path> written) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("picture", file == null ? "a street sign of our own" : file.toString()));
        rows.add(List.of("network", "PP-OCRv4 text detection, input " + input));
        rows.add(List.of(subject.backend(), subject.toString()));
        if (judge != null) {
            rows.add(List.of(judge.backend(), judge.toString()));
        }
        rows.add(List.of("difference", verdict()));
        for (TiltedBox box : boxes) {
            rows.add(List.of("text at", describe(box)));
        }
        if (boxes.isEmpty()) {
            rows.add(List.of("text", "none found"));
        }
        if (sign != null) {
            rows.add(List.of(
                    "words",
                    String.join(", ", sign.words().keySet())
                            + (missing().isEmpty() ? ": all found" : ": NOT FOUND " + String.join(", ", missing()))));
        }
        written.forEach(path -> rows.add(List.of("written", path.toString())));
        return rows;
    }

    private String verdict() {
        Difference difference = difference();
        return difference == null
                ? "not checked: plain Java is what ran"
                : String.format(
                        Locale.ROOT,
                        "%s: largest %.2g, NMSE %.2g (allowed %.0e)",
                        equal(difference) ? "equal" : "DIFFERENT",
                        difference.largestAbsolute(),
                        difference.normalised(),
                        Validator.TOLERANCE);
    }

    private static String describe(TiltedBox box) {
        return String.format(
                Locale.ROOT,
                "%.0f,%.0f, %.0f wide, %.0f high, turned by %.1f degrees, score %.2f",
                box.x(),
                box.y(),
                box.width(),
                box.height(),
                box.degrees(),
                box.score());
    }

    /** The same for programs. */
    Map<String, Object> fields(@Nullable Path file, List<Path> written) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("picture", file == null ? "own" : file.toString());
        fields.put("inputShape", input.toString());
        fields.put("subject", subject.fields());
        Difference difference = difference();
        if (judge != null && difference != null) {
            fields.put("judge", judge.fields());
            fields.put("equal", equal(difference));
            fields.put("largestAbsolute", difference.largestAbsolute());
            fields.put("nmse", difference.normalised());
        }
        fields.put("boxes", boxes.stream().map(DemoReport::fields).toList());
        if (sign != null) {
            fields.put("words", sign.words().keySet());
            fields.put("missing", missing());
        }
        fields.put("written", written);
        return fields;
    }

    private static Map<String, Object> fields(TiltedBox box) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("x", box.x());
        fields.put("y", box.y());
        fields.put("width", box.width());
        fields.put("height", box.height());
        fields.put("degrees", box.degrees());
        fields.put("score", box.score());
        return fields;
    }
}
