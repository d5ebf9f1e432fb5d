package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Tensors in few numbers. */
class SummaryTest {
    @Test
    void leavesOutWhatIsNotFinite() {
        Tensor tensor = Tensor.of(Shape.of(4), 1f, Float.NaN, -3f, Float.POSITIVE_INFINITY);
        assertThat(Summary.of(tensor)).isEqualTo(new Summary(-3, 1, -1, 2, 1));
        assertThat(Summary.of(Tensor.of(Shape.of(0))))
                .isEqualTo(new Summary(Double.NaN, Double.NaN, Double.NaN, 0, -1));
    }

    @Test
    void ranksVectorsOnly() {
        Tensor scores = Tensor.of(Shape.of(1, 7, 1), 0f, 5f, 1f, 4f, 2f, 3f, -1f);
        assertThat(Summary.top(scores).keySet()).containsExactly(1, 3, 5, 4, 2);
        assertThat(Summary.top(Tensor.of(Shape.of(2, 2), 1f, 2f, 3f, 4f))).isEmpty();
        assertThat(Summary.top(Tensor.ofLongs(Shape.of(3), 1, 2, 3))).isEmpty();
    }
}
