package io.conv4j.evaluate;

import io.conv4j.tensor.Shape;
import java.util.Arrays;

/**
 * A walk over a row-major destination in contiguous runs, with operands that are read at a fixed stride along each of its
 * axes: broadcasting (stride 0), transposition, slices. Axes along which all operands go on evenly are merged, so that runs
 * are as long as they can be; they are cut so that a run fits a small buffer.
 */
final class Runs {
    /** The longest run, in elements. */
    static final int LONGEST = 4096;

    /** What is done with a run of elements. */
    @FunctionalInterface
    interface Body {
        /** The destination's first element, each operand's first element, and how many follow at {@link Runs#stride}. */
        void run(int dst, int[] src, int length);
    }

    private final int[] starts;
    private final int[] extents;
    private final int[][] strides;
    private final int elements;

    private Runs(int[] starts, int[] extents, int[][] strides, int elements) {
        this.starts = starts;
        this.extents = extents;
        this.strides = strides;
        this.elements = elements;
    }

    /** A walk with one operand that begins at {@code start} and has these strides along the destination's axes. */
    static Runs strided(int[] extents, int start, int[] strides) {
        return merged(new int[] {start}, extents, new int[][] {strides});
    }

    /** A walk with operands broadcast to the destination. */
    static Runs broadcast(Shape dst, Shape... operands) {
        int[][] strides = new int[operands.length][];
        for (int i = 0; i < operands.length; i++) {
            strides[i] = broadcastStrides(operands[i], dst.rank());
        }
        return merged(new int[operands.length], dst.extents(), strides);
    }

    /** Strides along the last axes of a destination, 0 where the operand's extent is 1 or the axis is not there. */
    private static int[] broadcastStrides(Shape operand, int rank) {
        int[] strides = new int[rank];
        int[] own = operand.strides();
        for (int axis = 0; axis < operand.rank(); axis++) {
            strides[rank - operand.rank() + axis] = operand.extent(axis) == 1 ? 0 : own[axis];
        }
        return strides;
    }

    private static Runs merged(int[] starts, int[] extents, int[][] strides) {
        int[] mergedExtents = new int[extents.length + 1];
        int[][] mergedStrides = new int[strides.length][extents.length + 1];
        int last = 0;
        mergedExtents[0] = 1;
        for (int axis = 0; axis < extents.length; axis++) {
            if (extents[axis] != 1) {
                boolean goesOn = mergedExtents[last] == 1;
                if (!goesOn) {
                    goesOn = true;
                    for (int i = 0; i < strides.length; i++) {
                        goesOn &= mergedStrides[i][last] == strides[i][axis] * extents[axis];
                    }
                }
                last = goesOn ? last : last + 1;
                mergedExtents[last] = goesOn ? mergedExtents[last] * extents[axis] : extents[axis];
                for (int i = 0; i < strides.length; i++) {
                    mergedStrides[i][last] = strides[i][axis];
                }
            }
        }
        int axes = last + 1;
        int[][] cut = Arrays.stream(mergedStrides)
                .map(each -> Arrays.copyOf(each, axes))
                .toArray(int[][]::new);
        return new Runs(
                starts,
                Arrays.copyOf(mergedExtents, axes),
                cut,
                Shape.of(extents).elements());
    }

    /** Distance between the elements of one operand in a run. */
    int stride(int operand) {
        return strides[operand][extents.length - 1];
    }

    /** Calls the body for every run; in several threads where that is worth it. */
    void forEach(Workers workers, Body body) {
        if (elements == 0) {
            return;
        }
        int row = extents[extents.length - 1];
        int pieces = (row + LONGEST - 1) / LONGEST;
        workers.forRanges(elements / row * pieces, Math.min(row, LONGEST), (first, end) -> {
            int[] src = new int[starts.length];
            for (int run = first; run < end; run++) {
                int begin = run % pieces * LONGEST;
                locate(run / pieces, begin, src);
                body.run(run / pieces * row + begin, src, Math.min(row - begin, LONGEST));
            }
        });
    }

    private void locate(int row, int begin, int[] src) {
        int inner = extents.length - 1;
        for (int i = 0; i < src.length; i++) {
            src[i] = starts[i] + begin * strides[i][inner];
        }
        int rest = row;
        for (int axis = inner - 1; axis >= 0; axis--) {
            int index = rest % extents[axis];
            rest /= extents[axis];
            for (int i = 0; i < src.length; i++) {
                src[i] += index * strides[i][axis];
            }
        }
    }
}
