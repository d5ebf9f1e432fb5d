package io.conv4j.backend.openblas;

/**
 * An extent cut into pieces of one size, the last perhaps smaller.
 *
 * @param extent at least 1
 * @param size of a piece, at least 1
 */
record Cut(int extent, int size) {
    /** Pieces of at most {@code most}, as even as can be. */
    static Cut evenly(int extent, int most) {
        int pieces = (int) ((extent + Math.max(1, most) - 1L) / Math.max(1, most));
        return new Cut(extent, (int) ((extent + pieces - 1L) / pieces));
    }

    /** At most so many pieces, none but the last smaller than {@code least}. */
    static Cut into(int pieces, int extent, int least) {
        return evenly(extent, Math.max(least, (int) ((extent + pieces - 1L) / pieces)));
    }

    int count() {
        return (int) ((extent + size - 1L) / size);
    }

    int first(int piece) {
        return piece * size;
    }

    int length(int piece) {
        return Math.min(size, extent - first(piece));
    }
}
