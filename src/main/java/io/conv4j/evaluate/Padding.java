package io.conv4j.evaluate;

import io.conv4j.layer.Pad;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;

/**
 * Adds or cuts elements around a tensor. Each axis has a table from destination to source index; along the innermost axis
 * the part that is the source itself is copied in one piece.
 */
final class Padding {
    private static final int NOTHING = -1;

    private final Pad layer;
    private final Tensor src;
    private final Tensor dst;
    private final int[][] tables;

    private Padding(Pad layer, Tensor src, Tensor dst) {
        this.layer = layer;
        this.src = src;
        this.dst = dst;
        this.tables = new int[src.shape().rank()][];
        for (int axis = 0; axis < tables.length; axis++) {
            tables[axis] = new int[dst.shape().extent(axis)];
            for (int y = 0; y < tables[axis].length; y++) {
                tables[axis][y] =
                        sourceIndex(y - layer.before().get(axis), src.shape().extent(axis));
            }
        }
    }

    static void pad(Pad layer, Tensor src, Tensor dst, Workers workers) {
        if (dst.shape().elements() == 0) {
            return;
        }
        if (dst.shape().rank() == 0) {
            dst.copyFrom(src);
            return;
        }
        new Padding(layer, src, dst).run(workers);
    }

    /** The source index that position x, counted from the source's first element, shows. */
    private int sourceIndex(int x, int extent) {
        if (x >= 0 && x < extent) {
            return x;
        }
        return switch (layer.mode()) {
            case CONSTANT -> NOTHING;
            case REFLECT -> x < 0 ? -x : 2 * (extent - 1) - x;
            case EDGE -> x < 0 ? 0 : extent - 1;
            case WRAP -> Math.floorMod(x, extent);
        };
    }

    private void run(Workers workers) {
        Shape to = dst.shape();
        int row = to.extent(-1);
        int left = Math.min(row, Math.max(0, layer.before().get(to.rank() - 1)));
        int copied = Math.max(0, Math.min(row - left, row - left - layer.after().get(to.rank() - 1)));
        Elements elements = new Elements(src, dst);
        Elements constants = constantRow(row);
        workers.forEach(to.elements() / row, row, i -> {
            int from = rowStart(i);
            int at = i * row;
            if (from == NOTHING) {
                constants.copy(0, 1, at, row);
                return;
            }
            edge(elements, constants, from, at, 0, left);
            if (copied > 0) {
                elements.copy(from + tables[tables.length - 1][left], 1, at + left, copied);
            }
            edge(elements, constants, from, at, left + copied, row);
        });
    }

    /** A row of the constant; the other modes never read it. */
    private Elements constantRow(int row) {
        Tensor constant = Tensor.zeros(src.dataType(), Shape.of(layer.mode() == Pad.Mode.CONSTANT ? row : 0));
        for (int i = 0; i < constant.shape().elements(); i++) {
            constant.set(i, layer.value());
        }
        return new Elements(constant, dst);
    }

    private void edge(Elements elements, Elements constants, int from, int at, int first, int end) {
        int[] table = tables[tables.length - 1];
        for (int x = first; x < end; x++) {
            if (table[x] == NOTHING) {
                constants.copy(0, 1, at + x, 1);
            } else {
                elements.copy(from + table[x], 1, at + x, 1);
            }
        }
    }

    /** Where the source row begins that a destination row shows. */
    private int rowStart(int dstRow) {
        int[] strides = src.shape().strides();
        int start = 0;
        int rest = dstRow;
        for (int axis = tables.length - 2; axis >= 0; axis--) {
            int index = tables[axis][rest % tables[axis].length];
            rest /= tables[axis].length;
            if (index == NOTHING) {
                return NOTHING;
            }
            start += index * strides[axis];
        }
        return start;
    }
}
