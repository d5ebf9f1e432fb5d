package io.conv4j.onnx;

import io.conv4j.layer.Pad;
import io.conv4j.layer.Slice;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Operators that cut tensors or add to their rims: Slice, Split, Pad. */
final class SliceOperators {
    private SliceOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Slice" -> {
                forms.one(1, SliceOperators::sliceByAttributes);
                forms.one(10, SliceOperators::sliceByInputs);
            }
            case "Split" -> {
                forms.many(1, node -> split(node, node.has(1) ? node.longs(1) : attribute(node)));
                forms.many(2, node -> split(node, attribute(node)));
                forms.many(13, node -> split(node, node.has(1) ? node.longs(1) : new long[0]));
            }
            case "Pad" -> {
                forms.one(1, node -> padByAttributes(node, "paddings"));
                forms.one(2, node -> padByAttributes(node, "pads"));
                forms.one(11, SliceOperators::padByInputs);
            }
            default -> {}
        }
    }

    private static long[] attribute(NodeContext node) {
        return MovementOperators.longs(node.attributes().integers("split"));
    }

    private static Operand sliceByAttributes(NodeContext node) {
        long[] starts = MovementOperators.longs(node.attributes().integers("starts"));
        long[] ends = MovementOperators.longs(node.attributes().integers("ends"));
        List<Long> axes = node.attributes().integers("axes");
        long[] steps = LongStream.generate(() -> 1).limit(starts.length).toArray();
        return slice(node, new long[][] {starts, ends, steps}, axes);
    }

    private static Operand sliceByInputs(NodeContext node) {
        long[] starts = node.longs(1);
        long[] steps = node.has(4)
                ? node.longs(4)
                : LongStream.generate(() -> 1).limit(starts.length).toArray();
        List<Long> axes = node.has(3) ? MovementOperators.list(node.longs(3)) : List.of();
        return slice(node, new long[][] {starts, node.longs(2), steps}, axes);
    }

    /** Bounds are starts, ends and steps, each for the axes given or, where none are, for the first ones. */
    private static Operand slice(NodeContext node, long[][] bounds, List<Long> axes) {
        Shape src = node.input(0).shape();
        int count = bounds[0].length;
        if (bounds[1].length != count || bounds[2].length != count || !axes.isEmpty() && axes.size() != count) {
            throw new ModelFormatException("starts, ends, steps and axes differ in number: " + count + ", "
                    + bounds[1].length + ", " + bounds[2].length + ", " + axes.size());
        }
        Integer[] starts = new Integer[src.rank()];
        Integer[] steps = new Integer[src.rank()];
        Integer[] extents = new Integer[src.rank()];
        Arrays.fill(starts, 0);
        Arrays.fill(steps, 1);
        Arrays.setAll(extents, src::extent);
        for (int i = 0; i < count; i++) {
            int axis = NodeContext.axis(axes.isEmpty() ? i : axes.get(i), src.rank());
            int extent = src.extent(axis);
            long step = Math.max(-Integer.MAX_VALUE, Math.min(Integer.MAX_VALUE, bounds[2][i]));
            if (step == 0) {
                throw new ModelFormatException("a step of 0 along axis " + axis);
            }
            long start = clamp(bounds[0][i], extent, step);
            long end = clampEnd(bounds[1][i], extent, step);
            long taken = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
            starts[axis] = (int) start;
            steps[axis] = (int) step;
            extents[axis] = (int) Math.max(0, taken);
        }
        return node.result(new Slice(List.of(starts), List.of(steps), List.of(extents)), node.input(0));
    }

    private static long clamp(long start, int extent, long step) {
        long from = start < 0 ? start + extent : start;
        return Math.max(0, Math.min(step > 0 ? extent : Math.max(0, extent - 1), from));
    }

    private static long clampEnd(long end, int extent, long step) {
        long to = end < 0 ? end + extent : end;
        return step > 0 ? Math.max(0, Math.min(extent, to)) : Math.max(-1, Math.min(extent - 1, to));
    }

    private static List<Operand> split(NodeContext node, long[] written) {
        Operand src = node.input(0);
        int axis = NodeContext.axis(
                node.attributes().integer("axis", 0), src.shape().rank());
        int extent = src.shape().extent(axis);
        long[] parts = written.length > 0 ? written : equalParts(node, extent);
        List<Operand> outputs = new ArrayList<>();
        List<Integer> starts =
                new ArrayList<>(java.util.Collections.nCopies(src.shape().rank(), 0));
        List<Integer> steps = java.util.Collections.nCopies(src.shape().rank(), 1);
        long start = 0;
        if (parts.length != node.outputs() || LongStream.of(parts).anyMatch(part -> part < 0 || part > extent)) {
            throw new ModelFormatException("parts " + Arrays.toString(parts) + " of axis " + axis + " of " + src.shape()
                    + " for " + node.outputs() + " outputs");
        }
        for (int i = 0; i < parts.length; i++) {
            starts.set(axis, NodeContext.narrow(start));
            List<Integer> extents = Arrays.stream(
                            src.shape().with(axis, (int) parts[i]).extents())
                    .boxed()
                    .toList();
            outputs.add(node.result(i, new Slice(starts, steps, extents), src));
            start += parts[i];
        }
        if (start != extent) {
            throw new ModelFormatException(
                    "parts " + Arrays.toString(parts) + " do not make up axis " + axis + " of " + src.shape());
        }
        return outputs;
    }

    /** As many parts as there are outputs, the last one smaller where it does not come out even. */
    private static long[] equalParts(NodeContext node, int extent) {
        int count = Math.max(1, node.outputs());
        long each = (extent + count - 1L) / count;
        long[] parts = new long[count];
        for (int i = 0; i < count; i++) {
            parts[i] = Math.max(0, Math.min(each, extent - i * each));
        }
        return parts;
    }

    private static Operand padByAttributes(NodeContext node, String name) {
        return pad(
                node,
                MovementOperators.longs(node.attributes().integers(name)),
                List.of(),
                node.attributes().real("value", 0));
    }

    private static Operand padByInputs(NodeContext node) {
        double value = node.has(2) ? node.number(2) : 0;
        List<Long> axes = node.has(3) ? MovementOperators.list(node.longs(3)) : List.of();
        return pad(node, node.longs(1), axes, value);
    }

    private static Operand pad(NodeContext node, long[] pads, List<Long> axes, double value) {
        Shape src = node.input(0).shape();
        int count = axes.isEmpty() ? src.rank() : axes.size();
        if (pads.length != 2 * count) {
            throw new ModelFormatException("pads " + Arrays.toString(pads) + " should be two per axis of " + count);
        }
        Integer[] before = new Integer[src.rank()];
        Integer[] after = new Integer[src.rank()];
        Arrays.fill(before, 0);
        Arrays.fill(after, 0);
        for (int i = 0; i < count; i++) {
            int axis = axes.isEmpty() ? i : NodeContext.axis(axes.get(i), src.rank());
            before[axis] = NodeContext.narrow(pads[i]);
            after[axis] = NodeContext.narrow(pads[count + i]);
        }
        Pad.Mode mode =
                switch (node.attributes().word("mode", "constant", "constant", "reflect", "edge", "wrap")) {
                    case "reflect" -> Pad.Mode.REFLECT;
                    case "edge" -> Pad.Mode.EDGE;
                    case "wrap" -> Pad.Mode.WRAP;
                    default -> Pad.Mode.CONSTANT;
                };
        return node.result(new Pad(mode, List.of(before), List.of(after), (float) value), node.input(0));
    }
}
