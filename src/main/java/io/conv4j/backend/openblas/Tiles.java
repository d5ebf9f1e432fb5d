package io.conv4j.backend.openblas;

import io.conv4j.evaluate.Workers;

/**
 * A matrix that a product fills, cut along its longer side so that every thread has a tile. The cut depends on the number of
 * threads alone, not on who comes first, so that a second run gives the same bits.
 *
 * @param rows how its rows are cut
 * @param columns how its columns are cut
 */
record Tiles(Cut rows, Cut columns) {
    /** Less is not worth the packing that a call begins with. */
    private static final int LEAST = 32;

    /**
     * Tiles of a matrix.
     *
     * @param wanted how many of them can be worked on at a time
     */
    static Tiles of(int rows, int columns, int wanted) {
        return rows > columns
                ? new Tiles(Cut.into(wanted, rows, LEAST), new Cut(columns, columns))
                : new Tiles(new Cut(rows, rows), Cut.into(wanted, columns, LEAST));
    }

    int count() {
        return rows.count() * columns.count();
    }

    /** Computes the tile of a product; what is cut is the destination. */
    void multiply(int tile, Matrix a, Matrix b, Matrix dst, boolean add) {
        int row = tile / columns.count();
        int column = tile % columns.count();
        Openblas.multiply(
                a.rows(rows.first(row), rows.length(row)),
                b.columns(columns.first(column), columns.length(column)),
                dst.rows(rows.first(row), rows.length(row)).columns(columns.first(column), columns.length(column)),
                add);
    }

    /** Products of sums in a tile with a depth, as {@link Workers} counts work. */
    long work(int depth) {
        // A vector unit makes many of them in the time of one elementary operation.
        return (long) rows.size() * columns.size() * depth / 16;
    }
}
