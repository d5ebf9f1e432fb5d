package io.conv4j.validate;

import io.conv4j.tensor.Tensor;

/** What ONNX's tests call right: {@code |got − want| ≤ 1e-5 + 1e-3·|want|} for each element. */
final class Expectation {
    private static final double ABSOLUTE = 1e-5;
    private static final double RELATIVE = 1e-3;

    private Expectation() {}

    /** What is wrong in one line; empty if nothing is. */
    static String difference(Tensor got, Tensor want) {
        if (!got.type().equals(want.type())) {
            return "got " + got.type() + ", want " + want.type();
        }
        int wrong = 0;
        int first = -1;
        int elements = want.shape().elements();
        for (int i = 0; i < elements; i++) {
            if (!right(got, want, i)) {
                wrong++;
                first = first < 0 ? i : first;
            }
        }
        return wrong == 0
                ? ""
                : wrong + " of " + elements + " elements are wrong, the first at "
                        + Comparison.coordinates(want.shape(), first) + ": got " + got.get(first) + ", want "
                        + want.get(first);
    }

    private static boolean right(Tensor got, Tensor want, int index) {
        if (!want.dataType().floating()) {
            return got.getLong(index) == want.getLong(index);
        }
        double a = got.get(index);
        double b = want.get(index);
        // Equal infinities differ by NaN.
        return a == b
                || Double.isNaN(a) && Double.isNaN(b)
                || Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(b) && Double.isFinite(b);
    }
}
