package io.conv4j.evaluate;

import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Slice;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;

/** Layers whose destination is the source seen at other strides: transposition, slices, expansion, pixel shuffles. */
final class Moves {
    private final Workers workers;

    Moves(Workers workers) {
        this.workers = workers;
    }

    void transpose(Transpose layer, Tensor src, Tensor dst) {
        int[] own = src.shape().strides();
        int[] strides = layer.permutation().stream().mapToInt(axis -> own[axis]).toArray();
        copy(src, Runs.strided(dst.shape().extents(), 0, strides), dst);
    }

    void slice(Slice layer, Tensor src, Tensor dst) {
        int[] own = src.shape().strides();
        int[] strides = new int[own.length];
        int start = 0;
        for (int axis = 0; axis < own.length; axis++) {
            strides[axis] = layer.steps().get(axis) * own[axis];
            start += layer.starts().get(axis) * own[axis];
        }
        copy(src, Runs.strided(dst.shape().extents(), start, strides), dst);
    }

    void expand(Tensor src, Tensor dst) {
        copy(src, Runs.broadcast(dst.shape(), src.shape()), dst);
    }

    void depthToSpace(DepthToSpace layer, Tensor src, Tensor dst) {
        int block = layer.blockSize();
        Shape shape = src.shape();
        int channels = dst.shape().extent(1);
        int area = shape.extent(2) * shape.extent(3);
        int row = layer.columnRowDepth() ? block * area : block * channels * area;
        int column = layer.columnRowDepth() ? area : channels * area;
        int channel = layer.columnRowDepth() ? block * block * area : area;
        int[] extents = {shape.extent(0), channels, shape.extent(2), block, shape.extent(3), block};
        int[] strides = {shape.strides()[0], channel, shape.extent(3), row, 1, column};
        copy(src, Runs.strided(extents, 0, strides), dst);
    }

    void spaceToDepth(SpaceToDepth layer, Tensor src, Tensor dst) {
        int block = layer.blockSize();
        int[] own = src.shape().strides();
        Shape to = dst.shape();
        int[] extents = {to.extent(0), block, block, src.shape().extent(1), to.extent(2), to.extent(3)};
        int[] strides = {own[0], own[2], 1, own[1], block * own[2], block};
        copy(src, Runs.strided(extents, 0, strides), dst);
    }

    private void copy(Tensor src, Runs runs, Tensor dst) {
        Elements elements = new Elements(src, dst);
        int stride = runs.stride(0);
        runs.forEach(workers, (to, from, length) -> elements.copy(from[0], stride, to, length));
    }
}
