package io.conv4j.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

/** Nothing reaches native code that is not within its memory. */
class MatrixTest {
    private static final FloatBuffer SIX =
            Tensor.of(Shape.of(6), 1, 2, 3, 4, 5, 6).floats();

    @Test
    void partsLieWhereTheyShould() {
        Matrix matrix = Matrix.dense(SIX, 0, 2, 3);
        assertThat(matrix.rows(1, 1).columns(1, 2).floats().get()).isEqualTo(5);
        assertThat(matrix.rows(1, 1).columns(1, 2).offset()).isEqualTo(4);
        assertThat(matrix.transpose().rows(1, 2).columns(1, 1).offset()).isEqualTo(4);
        assertThat(matrix.transpose().rows()).isEqualTo(3);
    }

    @Test
    void whatLiesOutsideIsRefused() {
        outside(0, 3, 3, 3);
        outside(1, 2, 3, 3);
        outside(-1, 1, 1, 1);
        outside(0, 2, 3, 2);
        outside(0, 2, 3, 4);
        outside(0, -1, 3, 3);
        outside(0, 1 << 30, 1 << 30, 1 << 30);
        assertThatThrownBy(() -> Matrix.dense(FloatBuffer.allocate(6), 0, 2, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static void outside(int offset, int rows, int columns, int stride) {
        for (boolean transposed : new boolean[] {false, true}) {
            int down = transposed ? columns : rows;
            int right = transposed ? rows : columns;
            assertThatThrownBy(() -> new Matrix(SIX, offset, down, right, stride, transposed))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("memory of 6 elements");
        }
    }

    @Test
    void matricesThatDoNotFitAreNotMultiplied() {
        Matrix wide = Matrix.dense(SIX, 0, 2, 3);
        Matrix one = Matrix.dense(SIX, 0, 1, 1);
        assertThatThrownBy(() -> Openblas.multiply(wide, wide, one, false)).hasMessageContaining("do not fit");
        assertThatThrownBy(() -> Openblas.multiply(wide, wide.transpose(), wide, false))
                .hasMessageContaining("do not fit");
        Matrix nothing = Matrix.dense(SIX, 0, 1, 0);
        assertThatThrownBy(() -> Openblas.multiply(nothing, nothing.transpose(), one, false))
                .hasMessageContaining("empty");
    }
}
