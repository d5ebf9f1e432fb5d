package io.conv4j.tensor;

import io.conv4j.Conv4jException;
import java.util.Arrays;
import java.util.List;

/**
 * The extents of a tensor, outermost first; a scalar has none. Extents may be 0, never negative or unknown. The number of
 * elements fits an {@code int}, so that no product of extents overflows silently. Immutable.
 */
public final class Shape {
    private static final Shape SCALAR = new Shape(new int[0]);

    private final int[] extents;
    private final int elements;

    private Shape(int[] extents) {
        long product = 1;
        for (int extent : extents) {
            if (extent < 0) {
                throw new Conv4jException("negative extent in shape " + Arrays.toString(extents));
            }
            product *= extent;
            if (product > Integer.MAX_VALUE) {
                throw new Conv4jException("shape " + Arrays.toString(extents) + " has more than 2^31 - 1 elements");
            }
        }
        this.extents = extents;
        this.elements = (int) product;
    }

    /** The shape with these extents. */
    public static Shape of(int... extents) {
        return extents.length == 0 ? SCALAR : new Shape(extents.clone());
    }

    /** The shape with these extents. */
    public static Shape of(List<Integer> extents) {
        int[] unboxed = new int[extents.size()];
        for (int i = 0; i < unboxed.length; i++) {
            unboxed[i] = extents.get(i);
        }
        return of(unboxed);
    }

    /** The shape with these extents; an extent beyond {@code int} is refused. */
    public static Shape ofLongs(long... extents) {
        int[] narrow = new int[extents.length];
        for (int i = 0; i < extents.length; i++) {
            if (extents[i] < 0 || extents[i] > Integer.MAX_VALUE) {
                throw new Conv4jException("extent " + extents[i] + " in shape " + Arrays.toString(extents)
                        + " is not between 0 and " + Integer.MAX_VALUE);
            }
            narrow[i] = (int) extents[i];
        }
        return of(narrow);
    }

    /** Reads {@code 1x3x224x224}. */
    public static Shape parse(String text) {
        try {
            return of(Arrays.stream(text.split("x", -1))
                    .mapToInt(Integer::parseInt)
                    .toArray());
        } catch (NumberFormatException e) {
            throw new Conv4jException("'" + text + "' is not a shape: write extents as 1x3x224x224", e);
        }
    }

    /** Number of axes. */
    public int rank() {
        return extents.length;
    }

    /** Extent of one axis; a negative axis counts from the end. */
    public int extent(int axis) {
        return extents[axis < 0 ? axis + extents.length : axis];
    }

    /** Product of all extents; 1 for a scalar. */
    public int elements() {
        return elements;
    }

    /** The extents, a fresh array. */
    public int[] extents() {
        return extents.clone();
    }

    /** The extents as oneDNN takes them, a fresh array. */
    public long[] toLongs() {
        long[] wide = new long[extents.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = extents[i];
        }
        return wide;
    }

    /** Distance in elements between neighbours along each axis, row-major. */
    public int[] strides() {
        int[] strides = new int[extents.length];
        int next = 1;
        for (int axis = extents.length - 1; axis >= 0; axis--) {
            strides[axis] = next;
            next *= Math.max(1, extents[axis]);
        }
        return strides;
    }

    /** This shape with one extent replaced. */
    public Shape with(int axis, int extent) {
        int[] copy = extents.clone();
        copy[axis < 0 ? axis + copy.length : axis] = extent;
        return of(copy);
    }

    /**
     * The shape two operands are broadcast to, by numpy's rule: aligned at the last axis, extents equal or 1.
     *
     * @throws Conv4jException if the shapes do not go together
     */
    public static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] result = new int[rank];
        for (int axis = 1; axis <= rank; axis++) {
            int left = axis <= a.rank() ? a.extent(-axis) : 1;
            int right = axis <= b.rank() ? b.extent(-axis) : 1;
            if (left != right && left != 1 && right != 1) {
                throw new Conv4jException(
                        "shapes " + a + " and " + b + " do not broadcast: " + left + " against " + right);
            }
            result[rank - axis] = left == 1 ? right : left;
        }
        return of(result);
    }

    /** An axis that may count from the end, as an index between 0 and the rank. */
    public int axis(int axis) {
        int index = axis < 0 ? axis + rank() : axis;
        if (index < 0 || index >= rank()) {
            throw new Conv4jException(
                    "axis " + axis + " of shape " + this + " is not between " + -rank() + " and " + (rank() - 1));
        }
        return index;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    /** {@code 1x3x224x224}; {@code scalar} without axes. */
    @Override
    public String toString() {
        if (extents.length == 0) {
            return "scalar";
        }
        StringBuilder text = new StringBuilder();
        for (int axis = 0; axis < extents.length; axis++) {
            text.append(axis == 0 ? "" : "x").append(extents[axis]);
        }
        return text.toString();
    }
}
