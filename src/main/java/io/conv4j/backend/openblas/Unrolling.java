package io.conv4j.backend.openblas;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.function.Consumer;

/**
 * What the taps of a window meet as it slides: at position p of the moving tensor a tap is on element p·stride + t·dilation −
 * padBefore of the still one. The output of a convolution moves over its input, the input of a transposed convolution over
 * its output. Windows of fewer than three axes get leading ones that do nothing.
 */
final class Unrolling {
    private final int taps;
    private final Axis[] axes = {Axis.of(1), Axis.of(1), Axis.of(1)};
    private final int[] moving = {1, 1, 1};
    private final int[] still = {1, 1, 1};

    /** Takes shapes [N, channels, spatial…]. */
    Unrolling(Window window, Shape moving, Shape still) {
        this.taps = window.taps();
        for (int i = 0; i < window.rank(); i++) {
            int axis = 3 - window.rank() + i;
            this.axes[axis] = window.axis(i);
            this.moving[axis] = moving.extent(i + 2);
            this.still[axis] = still.extent(i + 2);
        }
    }

    int taps() {
        return taps;
    }

    /** Elements of a plane of the moving tensor. */
    int positions() {
        return moving[0] * moving[1] * moving[2];
    }

    /** Elements of a plane of the still tensor. */
    int plane() {
        return stillRows() * still[2];
    }

    /** Rows of a plane of the still tensor. */
    int stillRows() {
        return still[0] * still[1];
    }

    /** Writes what a tap meets from a position on, zeros where that is padding, side by side. */
    void gather(FloatBuffer src, int plane, Slice slice, FloatBuffer panel, int at) {
        if (shifts()) {
            gatherShifted(src, plane, slice, panel, at);
            return;
        }
        forEach(slice, run -> {
            int to = at + run.position;
            if (run.row < 0) {
                Spans.fill(panel, to, run.length, 0);
                return;
            }
            Spans.fill(panel, to, run.lead, 0);
            Spans.copy(src, plane + run.row * still[2] + run.x, axes[2].stride(), panel, to + run.lead, run.met);
            int end = run.lead + run.met;
            Spans.fill(panel, to + end, run.length - end, 0);
        });
    }

    /** Whether what a tap meets of a slab lies side by side as the positions do, but for the ends of rows. */
    private boolean shifts() {
        return axes[2].stride() == 1 && axes[1].stride() == 1 && moving[2] == still[2];
    }

    /** One copy for each slab, then zeros where it ran over the ends of rows. */
    private void gatherShifted(FloatBuffer src, int plane, Slice slice, FloatBuffer panel, int at) {
        int slab = moving[1] * moving[2];
        for (int done = 0; done < slice.length; ) {
            int first = (slice.first + done) % slab;
            int length = Math.min(slice.length - done, slab - first);
            long z = index(0, (slice.first + done) / slab, slice.tap / axes[2].kernel() / axes[1].kernel());
            Slice part = new Slice(slice.tap, first, length);
            if (z < 0 || z >= still[0]) {
                Spans.fill(panel, at + done, length, 0);
            } else {
                shift(src, plane + (int) z * still[1] * still[2], part, panel, at + done);
            }
            done += length;
        }
    }

    /** The slice lies in one slab; {@code from} is where the slab that it meets begins. */
    private void shift(FloatBuffer src, int from, Slice slice, FloatBuffer panel, int at) {
        int width = still[2];
        long down = index(1, 0, slice.tap / axes[2].kernel() % axes[1].kernel());
        long right = index(2, 0, slice.tap % axes[2].kernel());
        long shift = down * width + right;
        int end = slice.first + slice.length;
        // Positions whose rows are inside; of them those whose neighbours are, too.
        int top = (int) Math.max(slice.first, Math.min(end, -down * width));
        int bottom = (int) Math.max(top, Math.min(end, (still[1] - down) * width));
        int begin = (int) Math.max(top, Math.min(bottom, -shift));
        int stop = (int) Math.max(begin, Math.min(bottom, (long) still[1] * width - shift));
        Spans.fill(panel, at, begin - slice.first, 0);
        Spans.copy(src, (int) (from + begin + shift), 1, panel, at + begin - slice.first, stop - begin);
        Spans.fill(panel, at + stop - slice.first, end - stop, 0);
        int first = right < 0 ? 0 : (int) Math.max(0, width - right);
        int last = right < 0 ? (int) Math.min(width, -right) : width;
        for (int row = begin / width * width; row < stop && first < last; row += width) {
            int zeros = Math.max(begin, row + first);
            Spans.fill(panel, at + zeros - slice.first, Math.min(stop, row + last) - zeros, 0);
        }
    }

    /**
     * Adds numbers side by side to what a tap meets from a position on.
     *
     * @param band the rows of the still plane that are to be changed
     */
    void scatter(FloatBuffer panel, int from, Slice slice, FloatBuffer dst, Band band) {
        forEach(slice, run -> {
            if (run.row >= band.first && run.row < band.end) {
                int to = band.plane + run.row * still[2] + run.x;
                Spans.add(panel, from + run.position + run.lead, dst, to, axes[2].stride(), run.met);
            }
        });
    }

    /** Some positions, and the tap that is looked at. */
    record Slice(int tap, int first, int length) {}

    /** Rows of a plane that begins at an index. */
    record Band(int plane, int first, int end) {}

    /**
     * Positions within one row of the moving tensor.
     *
     * @param position the first, counted from the slice's first
     * @param row the row of the still plane that they meet; negative if they meet padding
     * @param lead how many of them come before those that meet elements
     * @param met how many meet elements
     * @param x place of the first of these elements in its row
     */
    private record Met(int position, int length, int row, int lead, int met, int x) {}

    private void forEach(Slice slice, Consumer<Met> action) {
        int tapX = slice.tap % axes[2].kernel();
        int tapY = slice.tap / axes[2].kernel() % axes[1].kernel();
        int tapZ = slice.tap / axes[2].kernel() / axes[1].kernel();
        for (int done = 0; done < slice.length; ) {
            int x = (slice.first + done) % moving[2];
            int row = (slice.first + done) / moving[2];
            int length = Math.min(slice.length - done, moving[2] - x);
            long z = index(0, row / moving[1], tapZ);
            long y = index(1, row % moving[1], tapY);
            boolean inside = z >= 0 && z < still[0] && y >= 0 && y < still[1];
            action.accept(inRow(done, length, inside ? (int) (z * still[1] + y) : -1, x, tapX));
            done += length;
        }
    }

    /** Where in a row of the still tensor a part of a row of the moving one lies. */
    private Met inRow(int done, int length, int row, int x, int tap) {
        if (row < 0) {
            return new Met(done, length, row, 0, 0, 0);
        }
        long stride = axes[2].stride();
        long start = index(2, x, tap);
        long lead = Math.min(length, start >= 0 ? 0 : (-start + stride - 1) / stride);
        long end = Math.max(lead, Math.min(length, Math.floorDiv(still[2] - start + stride - 1, stride)));
        return new Met(done, length, row, (int) lead, (int) (end - lead), (int) Math.max(0, start + lead * stride));
    }

    private long index(int axis, int position, int tap) {
        return (long) position * axes[axis].stride() + (long) tap * axes[axis].dilation() - axes[axis].padBefore();
    }
}
