package io.conv4j.backend.onednn;

import io.conv4j.layer.Axis;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rows are computed when: the bands of each part, one below the other. A part computes the rows that its first band
 * shares with the part before once more; between its own bands such rows are kept.
 *
 * @param bands in the order of parts
 * @param parts how many there are
 * @param lineRows the most rows of the expanded tensor that a band needs
 * @param bandRows the most rows of dst in a band
 */
record BandSchedule(List<Band> bands, int parts, int lineRows, int bandRows) {
    /** Rows of dst are computed two at a time, {@code kDepthwiseRows} of {@code cpp/depthwise.hpp}. */
    private static final int ROWS_AT_A_TIME = 2;

    /** Consecutive rows. */
    record Rows(int first, int last) {
        int count() {
            return last - first;
        }
    }

    /**
     * A band.
     *
     * @param part that computes it
     * @param image among those of the batch
     * @param keepFirst the first row of the expanded tensor that it sees
     * @param expand the rows of the expanded tensor that it sees and that the band before has not left
     * @param rows of dst
     */
    record Band(int part, int image, int keepFirst, Rows expand, Rows rows) {}

    /** What one part does: rows of src that some rows of a window's dst see, and how many they see that do not exist. */
    record Seen(Rows rows, int before, int after) {
        /** The rows that rows of dst see, of src with so many rows. */
        static Seen of(Axis axis, Rows dst, int srcRows) {
            int first = dst.first() * axis.stride() - axis.padBefore();
            int last = (dst.last() - 1) * axis.stride() - axis.padBefore() + axis.effectiveKernel();
            return new Seen(
                    new Rows(Math.max(0, first), Math.min(srcRows, last)),
                    Math.max(0, -first),
                    Math.max(0, last - srcRows));
        }
    }

    /**
     * Cuts images into bands.
     *
     * @param axis of the depthwise convolution
     * @param images how many
     * @param srcRows of an image of the expanded tensor
     * @param dstRows of an image of dst
     * @param most rows of the expanded tensor to hold, if possible
     * @param threads that there are parts for
     */
    static BandSchedule of(Axis axis, int images, int srcRows, int dstRows, long most, int threads) {
        long fitting = (most - axis.kernel()) / axis.stride() + 1;
        long rows = Math.max(1, fitting / ROWS_AT_A_TIME) * ROWS_AT_A_TIME;
        int count = (int) ((dstRows + rows - 1) / rows);
        if (images % threads != 0) {
            count = (count + threads - 1) / threads * threads;
        }
        int blocks = (dstRows + ROWS_AT_A_TIME - 1) / ROWS_AT_A_TIME;
        count = Math.min(count, blocks);
        int parts = Math.min(threads, images * count);
        List<Band> bands = new ArrayList<>();
        int lineRows = 0;
        int bandRows = 0;
        for (int part = 0; part < parts; part++) {
            int made = 0;
            int before = -1;
            for (int i = share(images * count, part, parts); i < share(images * count, part + 1, parts); i++) {
                int image = i / count;
                Rows dst = new Rows(
                        share(blocks, i % count, count) * ROWS_AT_A_TIME,
                        Math.min(dstRows, share(blocks, i % count + 1, count) * ROWS_AT_A_TIME));
                Rows seen = Seen.of(axis, dst, srcRows).rows();
                made = image == before ? made : seen.first();
                before = image;
                bands.add(new Band(part, image, seen.first(), new Rows(made, seen.last()), dst));
                made = seen.last();
                lineRows = Math.max(lineRows, seen.count());
                bandRows = Math.max(bandRows, dst.count());
            }
        }
        return new BandSchedule(List.copyOf(bands), parts, lineRows, bandRows);
    }

    private static int share(int count, int part, int parts) {
        return (int) ((long) count * part / parts);
    }
}
