package io.conv4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class NonMaxSuppressionTest {
    private static final double ALL = Double.NEGATIVE_INFINITY;

    /** Boxes 0 and 1 share a third of their union, 2 lies apart, 3 has no area. */
    private static final Tensor BOXES = Tensor.of(Shape.of(1, 4, 4), 0, 0, 1, 2, 0, 1, 1, 3, 5, 5, 4, 4, 0, 0, 0, 2);

    private static long[] kept(NonMaxSuppression suppression, Tensor boxes, float... scores) {
        Tensor selected = suppression.select(boxes, Tensor.of(Shape.of(1, 1, scores.length), scores));
        assertThat(selected.shape().extent(1)).isEqualTo(3);
        long[] kept = new long[selected.shape().extent(0)];
        for (int i = 0; i < kept.length; i++) {
            assertThat(selected.getLong(3 * i) + selected.getLong(3 * i + 1)).isZero();
            kept[i] = selected.getLong(3 * i + 2);
        }
        return kept;
    }

    @Test
    void ofBoxesThatOverlapTheBestIsKept() {
        assertThat(kept(new NonMaxSuppression(9, 0.3, ALL, false), BOXES, 1, 2, 3, 0))
                .containsExactly(2, 1, 3);
        assertThat(kept(new NonMaxSuppression(9, 0.34, ALL, false), BOXES, 1, 2, 3, 0))
                .containsExactly(2, 1, 0, 3);
        assertThat(kept(new NonMaxSuppression(2, 0.34, ALL, false), BOXES, 1, 2, 3, 0))
                .containsExactly(2, 1);
        assertThat(kept(new NonMaxSuppression(9, 0.34, 1, false), BOXES, 1, 2, 3, 0))
                .containsExactly(2, 1);
        assertThat(kept(new NonMaxSuppression(0, 0.5, ALL, false), BOXES, 1, 2, 3, 0))
                .isEmpty();
        assertThat(kept(new NonMaxSuppression(Long.MIN_VALUE, 0.5, ALL, false), BOXES, 1, 2, 3, 0))
                .isEmpty();
    }

    @Test
    void ofEqualScoresTheFirstIsTaken() {
        assertThat(kept(new NonMaxSuppression(9, 0.3, ALL, false), BOXES, 0, -0f, 0, 0))
                .containsExactly(0, 2, 3);
    }

    @Test
    void boxesMayBeGivenByTheirCentres() {
        Tensor same = Tensor.of(Shape.of(1, 3, 4), 1, 0.5f, 2, 1, 2, 0.5f, 2, 1, 4.5f, 4.5f, 1, 1);
        assertThat(kept(new NonMaxSuppression(9, 0.3, ALL, true), same, 1, 2, 3))
                .containsExactly(2, 1);
    }

    @Test
    void imagesAndClassesAreLookedAtOneByOne() {
        Tensor boxes = Tensor.zeros(DataType.F32, Shape.of(2, 2, 4));
        Tensor scores = Tensor.of(Shape.of(2, 2, 2), 1, 2, 9, 3, 4, 9, 6, 5);
        assertThat(new NonMaxSuppression(1, 0.5, ALL, false)
                        .select(boxes, scores)
                        .toLongs())
                .containsExactly(0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0);
    }

    @Test
    void whatIsNotANumberIsNeverTakenAndSuppressesNothing() {
        float nan = Float.NaN;
        Tensor boxes = Tensor.of(Shape.of(1, 3, 4), nan, 0, 1, 1, 0, 0, 1, 1, 0, 0, Float.POSITIVE_INFINITY, 1);
        assertThat(kept(new NonMaxSuppression(9, 0.3, ALL, false), boxes, 3, nan, 2))
                .containsExactly(0, 2);
        assertThat(kept(new NonMaxSuppression(9, 0.3, ALL, false), Tensor.of(Shape.of(1, 0, 4))))
                .isEmpty();
    }

    @Test
    void badShapesAreRefusedAndTheWorkIsKnownBefore() {
        NonMaxSuppression suppression = new NonMaxSuppression(Long.MAX_VALUE, 0.5, ALL, false);
        assertThatThrownBy(() -> suppression.select(BOXES, Tensor.of(Shape.of(1, 1, 3), 1, 2, 3)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("got f32 1x4x4 and f32 1x1x3");
        assertThatThrownBy(() -> suppression.select(BOXES, Tensor.of(Shape.of(), 1)))
                .isInstanceOf(Conv4jException.class);
        assertThat(suppression.comparisons(Shape.of())).isZero();
        assertThat(suppression.comparisons(Shape.of(1, 2, 50_000))).isEqualTo(5e9);
        assertThat(new NonMaxSuppression(-1, 0.5, ALL, false).comparisons(Shape.of(1, 2, 3)))
                .isZero();
    }
}
