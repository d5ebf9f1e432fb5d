package io.conv4j.backend.openblas;

import java.nio.FloatBuffer;

/**
 * A matrix within a tensor or a panel. Checked to lie within the memory, so that native code stays there.
 *
 * @param memory direct
 * @param offset of the first element
 * @param rows as the product sees them
 * @param columns likewise
 * @param stride from one row to the next; if transposed, from one column to the next
 * @param transposed whether columns lie side by side instead of rows
 */
record Matrix(FloatBuffer memory, int offset, int rows, int columns, int stride, boolean transposed) {
    /** Checks that all elements are in the memory. */
    Matrix {
        int lines = transposed ? columns : rows;
        int length = transposed ? rows : columns;
        long end = offset + (lines - 1L) * stride + length;
        if (!memory.isDirect()
                || offset < 0
                || lines < 0
                || length < 0
                || stride < Math.max(1, length)
                || lines > 0 && end > memory.capacity()) {
            throw new IndexOutOfBoundsException("a matrix of " + rows + "x" + columns + " with stride " + stride
                    + " at " + offset + " is not in memory of " + memory.capacity() + " elements");
        }
    }

    /** Rows that follow each other without a gap. */
    static Matrix dense(FloatBuffer memory, int offset, int rows, int columns) {
        return new Matrix(memory, offset, rows, columns, Math.max(1, columns), false);
    }

    /** The same elements with rows for columns. */
    Matrix transpose() {
        return new Matrix(memory, offset, columns, rows, stride, !transposed);
    }

    /** Some of the rows. */
    Matrix rows(int first, int length) {
        return new Matrix(memory, offset + first * (transposed ? 1 : stride), length, columns, stride, transposed);
    }

    /** Some of the columns. */
    Matrix columns(int first, int length) {
        return new Matrix(memory, offset + first * (transposed ? stride : 1), rows, length, stride, transposed);
    }

    /** The memory from the first element on. */
    FloatBuffer floats() {
        return memory.duplicate().position(offset);
    }
}
