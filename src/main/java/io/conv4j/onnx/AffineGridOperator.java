package io.conv4j.onnx;

import io.conv4j.layer.MatMul;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * AffineGrid: where each element of an output of [N, C, (D,) H, W] comes from, in coordinates between −1 and 1, x first. The
 * product of the regular grid [(D·) H·W, 2 or 3 and 1], a constant, with theta [N, 2 or 3, 2 or 3 and 1] transposed.
 */
final class AffineGridOperator {
    private AffineGridOperator() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "AffineGrid" -> forms.one(20, AffineGridOperator::convert);
            default -> {}
        }
    }

    private static Operand convert(NodeContext node) {
        Shape size = Shape.ofLongs(node.longs(1));
        int axes = size.rank() - 2;
        Operand theta = node.input(0);
        if (axes != 2 && axes != 3) {
            throw new ModelFormatException("size [" + size + "] should be N, C, H, W or N, C, D, H, W");
        }
        if (!theta.shape().equals(Shape.of(size.extent(0), axes, axes + 1))) {
            throw new ModelFormatException("theta " + theta + " should be [" + size.extent(0) + "x" + axes + "x"
                    + (axes + 1) + "] for size [" + size + "]");
        }
        int[] spatial = Arrays.copyOfRange(size.extents(), 2, size.rank());
        Tensor grid = grid(spatial, node.attributes().flag("align_corners", false));
        Operand turned = node.add(new Transpose(List.of(0, 2, 1)), theta);
        Operand places = node.add(new MatMul(), node.constant("grid", grid), turned);
        int[] extents = new int[axes + 2];
        extents[0] = size.extent(0);
        System.arraycopy(spatial, 0, extents, 1, axes);
        extents[axes + 1] = axes;
        return node.result(new Reshape(Shape.of(extents)), places);
    }

    /** A row for each place: x, y(, z) and 1. */
    private static Tensor grid(int[] spatial, boolean alignCorners) {
        int axes = spatial.length;
        long places = Shape.of(spatial).elements();
        if (places * (axes + 1) * DataType.F32.bytes() > Folding.LARGEST_RESULT) {
            throw new UnsupportedNode("a grid of " + places + " places");
        }
        float[] rows = new float[(int) places * (axes + 1)];
        for (int place = 0; place < places; place++) {
            int rest = place;
            for (int axis = axes - 1; axis >= 0; axis--) {
                int extent = spatial[axis];
                rows[place * (axes + 1) + axes - 1 - axis] = (float) coordinate(rest % extent, extent, alignCorners);
                rest /= extent;
            }
            rows[place * (axes + 1) + axes] = 1;
        }
        return Tensor.of(Shape.of((int) places, axes + 1), rows);
    }

    /** The outermost elements lie at −1 and 1, or, as pixels with an area, half an element within. */
    private static double coordinate(int index, int extent, boolean alignCorners) {
        if (alignCorners) {
            return extent == 1 ? 0 : 2.0 * index / (extent - 1) - 1;
        }
        return (2.0 * index + 1) / extent - 1;
    }
}
