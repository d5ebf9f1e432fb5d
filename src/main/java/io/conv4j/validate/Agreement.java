package io.conv4j.validate;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Optional;

/**
 * Whether two results name the same first class (top-1): in how many rows of an {@code NxC} tensor the largest of the C
 * numbers is at the same place. Of equal numbers the one of lower index counts as the largest.
 *
 * @param rows N
 * @param same rows that agree
 */
public record Agreement(int rows, int same) {
    /** Empty unless the tensors are floating-point, NxC and C is at least 2. */
    static Optional<Agreement> between(Tensor got, Tensor want) {
        Shape shape = want.shape();
        if (!want.dataType().floating() || shape.rank() != 2 || shape.extent(0) < 1 || shape.extent(1) < 2) {
            return Optional.empty();
        }
        int rows = shape.extent(0);
        int same = 0;
        for (int row = 0; row < rows; row++) {
            same += largest(got, row) == largest(want, row) ? 1 : 0;
        }
        return Optional.of(new Agreement(rows, same));
    }

    private static int largest(Tensor tensor, int row) {
        int classes = tensor.shape().extent(1);
        int best = row * classes;
        for (int i = best + 1; i < (row + 1) * classes; i++) {
            best = tensor.get(i) > tensor.get(best) ? i : best;
        }
        return best;
    }
}
