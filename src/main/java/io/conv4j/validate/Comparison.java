package io.conv4j.validate;

import io.conv4j.graph.Value;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One tensor of a graph as two back ends compute it.
 *
 * @param name the value's name in the graph
 * @param layer what wrote it on the subject: the layer's name and what was computed as one, {@code conv1 (Convolution+relu)}
 * @param type its type
 * @param difference how far the two are apart
 * @param got the subject's number at the worst element; NaN if there is none
 * @param want the reference's number there
 * @param tolerance the largest {@link Difference#normalised()} that counts as equal
 * @param top1 whether they name the same first classes; empty if it is not of the form of class scores
 * @param verdict what follows
 */
public record Comparison(
        String name,
        String layer,
        TensorType type,
        Difference difference,
        double got,
        double want,
        double tolerance,
        Optional<Agreement> top1,
        Verdict verdict) {
    /** More zeros than the reference has, as a share of all elements, by which a result is not to be trusted. */
    static final double ZEROS_TOO_MANY = 0.3;

    static final List<String> HEADINGS =
            List.of("value", "layer", "type", "max abs", "max rel", "NMSE", "allowed", "worst at", "got", "want", "");

    static Comparison of(Value value, String layer, Tensor got, Tensor want, double tolerance) {
        Difference difference = Difference.between(got, want);
        int worst = difference.worst();
        return new Comparison(
                value.name(),
                layer,
                value.type(),
                difference,
                worst < 0 ? Double.NaN : got.get(worst),
                worst < 0 ? Double.NaN : want.get(worst),
                tolerance,
                Agreement.between(got, want),
                verdict(difference, tolerance));
    }

    private static Verdict verdict(Difference difference, double tolerance) {
        if (difference.nonFinite() > 0 || difference.zeros() > difference.wantedZeros() + ZEROS_TOO_MANY) {
            return Verdict.NOT_TO_BE_TRUSTED;
        }
        return difference.normalised() <= tolerance ? Verdict.EQUAL : Verdict.DIFFERENT;
    }

    Comparison notRepeatable() {
        return new Comparison(name, layer, type, difference, got, want, tolerance, top1, Verdict.NOT_REPEATABLE);
    }

    /** Whether the two agree. */
    public boolean equal() {
        return verdict == Verdict.EQUAL;
    }

    /** The coordinates of the element that is farthest off, outermost first; empty for a scalar or an empty tensor. */
    public List<Integer> worstIndex() {
        return difference.worst() < 0 ? List.of() : coordinates(type.shape(), difference.worst());
    }

    /** Where a row-major position is along each axis. */
    static List<Integer> coordinates(Shape shape, int index) {
        List<Integer> coordinates = new ArrayList<>(shape.rank());
        int rest = index;
        for (int stride : shape.strides()) {
            coordinates.add(rest / stride);
            rest %= stride;
        }
        return List.copyOf(coordinates);
    }

    /** The cells of a table's row under {@link #HEADINGS}. */
    List<String> row() {
        return List.of(
                name,
                layer,
                type.toString(),
                number(difference.largestAbsolute()),
                number(difference.largestRelative()),
                number(difference.normalised()),
                number(tolerance),
                worstIndex().toString(),
                number(got),
                number(want),
                verdict.word() + why());
    }

    private String why() {
        if (verdict != Verdict.NOT_TO_BE_TRUSTED) {
            return "";
        }
        return difference.nonFinite() > 0
                ? ": " + difference.nonFinite() + " numbers are not finite"
                : String.format(
                        Locale.ROOT,
                        ": %.0f %% zeros, the reference has %.0f %%",
                        100 * difference.zeros(),
                        100 * difference.wantedZeros());
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.3g", value);
    }
}
