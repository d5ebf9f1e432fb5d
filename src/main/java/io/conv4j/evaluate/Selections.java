package io.conv4j.evaluate;

import io.conv4j.layer.ArgReduce;
import io.conv4j.layer.TopK;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * Picks elements of a line, all elements along one axis, by their size. Elements are compared as whole numbers in the same
 * order, so that one comparison serves all types and there is an order with NaN, too.
 */
final class Selections {
    private static final long NAN = Long.MAX_VALUE;

    private final Tensor src;
    private final int extent;
    private final int stride;

    private Selections(Tensor src, int axis) {
        this.src = src;
        this.extent = src.shape().extent(axis);
        this.stride = src.shape().strides()[axis];
    }

    static void argReduce(ArgReduce layer, Tensor src, Tensor dst, Workers workers) {
        Selections lines = new Selections(src, src.shape().axis(layer.axis()));
        boolean max = layer.kind() == ArgReduce.Kind.MAX;
        workers.forEach(
                dst.shape().elements(),
                lines.extent,
                line -> dst.setLong(line, lines.extreme(lines.first(line), max, layer.last())));
    }

    private int extreme(int first, boolean max, boolean last) {
        // Turned round, NaN stays the extreme.
        boolean hasNan = src.dataType().floating();
        int best = 0;
        long bestKey = Long.MIN_VALUE;
        for (int i = 0; i < extent; i++) {
            long key = key(first + i * stride);
            long wanted = max || hasNan && key == NAN ? key : ~key;
            if (wanted > bestKey || last && wanted == bestKey) {
                best = i;
                bestKey = wanted;
            }
        }
        return best;
    }

    static void topK(TopK layer, Tensor src, List<Tensor> outputs, Workers workers) {
        Shape dst = outputs.get(0).shape();
        if (dst.elements() == 0) {
            return;
        }
        int axis = src.shape().axis(layer.axis());
        Selections lines = new Selections(src, axis);
        Elements values = new Elements(src, outputs.get(0));
        int dstStride = dst.strides()[axis];
        workers.forRanges(dst.elements() / layer.k(), 8L * lines.extent, (start, end) -> {
            Heap heap = new Heap(layer.k());
            for (int line = start; line < end; line++) {
                int from = lines.first(line);
                int to = line / dstStride * dstStride * layer.k() + line % dstStride;
                lines.fill(heap, from, layer.largest());
                for (int rank = layer.k() - 1; rank >= 0; rank--) {
                    int index = heap.removeWorst();
                    values.copy(from + index * lines.stride, 1, to + rank * dstStride, 1);
                    outputs.get(1).setLong(to + rank * dstStride, index);
                }
            }
        });
    }

    private void fill(Heap heap, int first, boolean largest) {
        for (int i = 0; i < extent; i++) {
            long key = key(first + i * stride);
            heap.offer(largest ? key : ~key, i);
        }
    }

    /** Where the n-th line begins. */
    private int first(int line) {
        return line / stride * stride * extent + line % stride;
    }

    /** A number that is in the same order as the element; NaN is above all, −0 is 0. */
    private long key(int index) {
        if (!src.dataType().floating()) {
            return src.getLong(index);
        }
        double value = src.get(index);
        long bits = Double.doubleToLongBits(value + 0.0);
        return Double.isNaN(value) ? NAN : bits ^ (bits >> 63 & Long.MAX_VALUE);
    }

    /** The best k of what it is offered, the worst of them on top: less by key or, at equal keys, later in line. */
    private static final class Heap {
        private final long[] keys;
        private final int[] indices;
        private int size;

        Heap(int k) {
            this.keys = new long[k];
            this.indices = new int[k];
        }

        /** Indices are offered in ascending order. */
        void offer(long key, int index) {
            if (size < keys.length) {
                int place = size++;
                while (place > 0 && isWorse(key, index, (place - 1) / 2)) {
                    move((place - 1) / 2, place);
                    place = (place - 1) / 2;
                }
                set(place, key, index);
            } else if (key > keys[0]) {
                sink(key, index);
            }
        }

        int removeWorst() {
            int worst = indices[0];
            size--;
            sink(keys[size], indices[size]);
            return worst;
        }

        /** Puts an element where the top was and lets it sink to its place. */
        private void sink(long key, int index) {
            int place = 0;
            for (int child = 1; child < size; child = 2 * place + 1) {
                if (child + 1 < size && isWorse(keys[child + 1], indices[child + 1], child)) {
                    child++;
                }
                if (isWorse(key, index, child)) {
                    break;
                }
                move(child, place);
                place = child;
            }
            set(place, key, index);
        }

        private boolean isWorse(long key, int index, int than) {
            return key < keys[than] || key == keys[than] && index > indices[than];
        }

        private void move(int from, int to) {
            set(to, keys[from], indices[from]);
        }

        private void set(int place, long key, int index) {
            keys[place] = key;
            indices[place] = index;
        }
    }
}
