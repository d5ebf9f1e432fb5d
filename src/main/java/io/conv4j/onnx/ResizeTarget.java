package io.conv4j.onnx;

import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a Resize goes: scales and output extents of all axes, from the inputs {@code scales} or {@code sizes} and the
 * attribute {@code keep_aspect_ratio_policy}.
 */
record ResizeTarget(List<Double> scales, List<Integer> extents) {
    static ResizeTarget of(NodeContext node, Shape src, List<Integer> axes) {
        boolean byScales = node.has(2) && node.input(2).shape().elements() > 0;
        boolean bySizes = node.has(3) && node.input(3).shape().elements() > 0;
        if (byScales == bySizes) {
            throw new ModelFormatException("Resize takes either scales or sizes, got " + (byScales ? "both" : "none"));
        }
        Tensor numbers = node.constant(byScales ? 2 : 3);
        if (numbers.shape().elements() != axes.size()) {
            throw new ModelFormatException(
                    (byScales ? "scales " : "sizes ") + numbers.type() + " should be one per axis of " + axes);
        }
        List<Double> given = new ArrayList<>();
        for (int i = 0; i < axes.size(); i++) {
            given.add(numbers.get(i));
        }
        return byScales
                ? ofScales(src, ResizeOperators.spread(given, axes, src.rank(), 1.0))
                : ofSizes(node, src, axes, given);
    }

    private static ResizeTarget ofScales(Shape src, List<Double> scales) {
        List<Integer> extents = new ArrayList<>();
        for (int axis = 0; axis < src.rank(); axis++) {
            extents.add(extent(Math.floor(src.extent(axis) * scales.get(axis)), src));
        }
        return new ResizeTarget(scales, extents);
    }

    private static ResizeTarget ofSizes(NodeContext node, Shape src, List<Integer> axes, List<Double> sizes) {
        String policy =
                node.attributes().word("keep_aspect_ratio_policy", "stretch", "stretch", "not_larger", "not_smaller");
        List<Double> scales = new ArrayList<>(java.util.Collections.nCopies(src.rank(), 1.0));
        List<Integer> extents = new ArrayList<>();
        for (int axis = 0; axis < src.rank(); axis++) {
            extents.add(src.extent(axis));
        }
        double common = 0;
        for (int i = 0; i < axes.size(); i++) {
            double scale = sizes.get(i) / src.extent(axes.get(i));
            boolean first = i == 0;
            common = first ? scale : policy.equals("not_larger") ? Math.min(common, scale) : Math.max(common, scale);
            scales.set(axes.get(i), scale);
            extents.set(axes.get(i), extent(sizes.get(i), src));
        }
        if (!policy.equals("stretch")) {
            for (int axis : axes) {
                scales.set(axis, common);
                extents.set(axis, extent(Math.floor(common * src.extent(axis) + 0.5), src));
            }
        }
        return new ResizeTarget(scales, extents);
    }

    private static int extent(double extent, Shape src) {
        if (!(extent >= 0 && extent <= Integer.MAX_VALUE)) {
            throw new ModelFormatException("an extent of " + extent + " for a resized " + src);
        }
        return (int) extent;
    }
}
