package io.conv4j.evaluate;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Gather;
import io.conv4j.layer.GatherElements;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;

/** Layers that lay whole slices along an axis: concatenation, gathering. */
final class Joins {
    private final Workers workers;

    Joins(Workers workers) {
        this.workers = workers;
    }

    void concat(Concat layer, List<Tensor> inputs, Tensor dst) {
        int axis = dst.shape().axis(layer.axis());
        int outer = product(dst.shape(), 0, axis);
        int dstRow = product(dst.shape(), axis, dst.shape().rank());
        int before = 0;
        for (Tensor input : inputs) {
            Elements elements = new Elements(input, dst);
            int row = product(input.shape(), axis, input.shape().rank());
            int start = before;
            workers.forEach(outer, row, i -> elements.copy(i * row, 1, i * dstRow + start, row));
            before += row;
        }
    }

    void gather(Gather layer, Tensor src, Tensor indices, Tensor dst) {
        int axis = src.shape().axis(layer.axis());
        int extent = src.shape().extent(axis);
        int outer = product(src.shape(), 0, axis);
        int slice = product(src.shape(), axis + 1, src.shape().rank());
        int count = indices.shape().elements();
        int[] picked = new int[count];
        for (int i = 0; i < count; i++) {
            picked[i] = place(layer, indices.getLong(i), src.shape(), axis);
        }
        Elements elements = new Elements(src, dst);
        workers.forEach(outer, (long) count * slice, i -> {
            for (int j = 0; j < count; j++) {
                elements.copy((i * extent + picked[j]) * slice, 1, (i * count + j) * slice, slice);
            }
        });
    }

    void gatherElements(GatherElements layer, Tensor src, Tensor indices, Tensor dst) {
        int axis = src.shape().axis(layer.axis());
        int[] strides = src.shape().strides();
        int step = strides[axis];
        strides[axis] = 0;
        Runs runs = Runs.strided(dst.shape().extents(), 0, strides);
        Elements elements = new Elements(src, dst);
        runs.forEach(workers, (to, from, length) -> {
            for (int i = 0; i < length; i++) {
                int place = place(layer, indices.getLong(to + i), src.shape(), axis);
                elements.copy(from[0] + i * runs.stride(0) + place * step, 1, to + i, 1);
            }
        });
    }

    /** An index as one from the start of the axis. */
    private static int place(Layer layer, long index, Shape src, int axis) {
        int extent = src.extent(axis);
        if (index < -extent || index >= extent) {
            throw new Conv4jException(layer.word() + ": index " + index + " is not in axis " + axis + " of " + src);
        }
        return (int) (index < 0 ? index + extent : index);
    }

    private static int product(Shape shape, int from, int to) {
        int product = 1;
        for (int axis = from; axis < to; axis++) {
            product *= shape.extent(axis);
        }
        return product;
    }
}
