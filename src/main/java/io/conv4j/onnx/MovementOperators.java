package io.conv4j.onnx;

import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Gather;
import io.conv4j.layer.GatherElements;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Operators that lay the same elements out in another way. */
final class MovementOperators {
    private MovementOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Reshape" -> {
                forms.one(1, node -> reshape(node, longs(node.attributes().integers("shape"))));
                forms.one(5, node -> reshape(node, node.longs(1)));
            }
            case "Flatten" -> forms.one(1, MovementOperators::flatten);
            case "Squeeze" -> {
                forms.one(1, node -> squeeze(node, node.attributes().integers("axes")));
                forms.one(13, node -> squeeze(node, node.has(1) ? list(node.longs(1)) : List.of()));
            }
            case "Unsqueeze" -> {
                forms.one(1, node -> unsqueeze(node, node.attributes().integers("axes")));
                forms.one(13, node -> unsqueeze(node, list(node.longs(1))));
            }
            case "Transpose" -> forms.one(1, MovementOperators::transpose);
            case "Concat" -> {
                forms.one(1, node -> concat(node, node.attributes().integer("axis", 1)));
                forms.one(4, node -> concat(node, node.attributes().integer("axis")));
            }
            case "Gather" ->
                forms.one(
                        1,
                        node -> node.result(
                                new Gather(NodeContext.narrow(node.attributes().integer("axis", 0))),
                                node.input(0),
                                node.input(1)));
            case "GatherElements" ->
                forms.one(
                        11,
                        node -> node.result(
                                new GatherElements(
                                        NodeContext.narrow(node.attributes().integer("axis", 0))),
                                node.input(0),
                                node.input(1)));
            case "Expand" -> forms.one(8, node -> node.result(new Expand(Shape.ofLongs(node.longs(1))), node.input(0)));
            case "Tile" -> {
                forms.one(1, MovementOperators::tileAxis);
                forms.one(6, node -> tile(node, node.longs(1)));
            }
            case "DepthToSpace" -> forms.one(1, MovementOperators::depthToSpace);
            case "SpaceToDepth" ->
                forms.one(
                        1,
                        node -> node.result(
                                new SpaceToDepth(
                                        NodeContext.narrow(node.attributes().integer("blocksize"))),
                                node.input(0)));
            case "Identity" -> forms.one(1, node -> node.input(0));
            default -> {}
        }
    }

    static List<Long> list(long[] numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }

    static long[] longs(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    /** 0 stands for the extent of src (unless {@code allowzero}), one −1 for what is left over. */
    private static Operand reshape(NodeContext node, long[] wanted) {
        Operand src = node.input(0);
        if (wanted.length > TensorReader.MOST_AXES) {
            throw new ModelFormatException("a shape of " + wanted.length + " axes");
        }
        boolean zeroIsZero = node.attributes().flag("allowzero", false);
        long[] extents = wanted.clone();
        int open = -1;
        long product = 1;
        for (int axis = 0; axis < extents.length; axis++) {
            if (extents[axis] == -1 && open < 0) {
                open = axis;
                continue;
            }
            if (extents[axis] == 0 && !zeroIsZero) {
                if (axis >= src.shape().rank()) {
                    throw new ModelFormatException("shape " + Arrays.toString(wanted) + " copies an axis that "
                            + src.shape() + " does not have");
                }
                extents[axis] = src.shape().extent(axis);
            }
            product = Math.multiplyExact(product, extents[axis]);
        }
        if (open >= 0) {
            int elements = src.shape().elements();
            if (product <= 0 || elements % product != 0) {
                throw new io.conv4j.Conv4jException(
                        src.shape() + " cannot be given the shape " + Arrays.toString(wanted));
            }
            extents[open] = elements / product;
        }
        Shape shape = Shape.ofLongs(extents);
        return shape.equals(src.shape()) ? src : node.result(new Reshape(shape), src);
    }

    private static Operand flatten(NodeContext node) {
        Shape src = node.input(0).shape();
        long axis = node.attributes().integer("axis", 1);
        int cut = axis == src.rank() ? src.rank() : NodeContext.axis(axis, Math.max(1, src.rank()));
        return node.result(new Reshape(Shape.of(product(src, 0, cut), product(src, cut, src.rank()))), node.input(0));
    }

    static int product(Shape shape, int from, int to) {
        int product = 1;
        for (int axis = from; axis < to; axis++) {
            product = Math.multiplyExact(product, shape.extent(axis));
        }
        return product;
    }

    private static Operand squeeze(NodeContext node, List<Long> axes) {
        Shape src = node.input(0).shape();
        Set<Integer> gone = new HashSet<>();
        for (long axis : axes) {
            gone.add(NodeContext.axis(axis, src.rank()));
        }
        List<Integer> extents = new ArrayList<>();
        for (int axis = 0; axis < src.rank(); axis++) {
            boolean isGone = axes.isEmpty() ? src.extent(axis) == 1 : gone.contains(axis);
            if (!isGone) {
                extents.add(src.extent(axis));
            }
        }
        return node.result(new Reshape(Shape.of(extents)), node.input(0));
    }

    private static Operand unsqueeze(NodeContext node, List<Long> axes) {
        Shape src = node.input(0).shape();
        int rank = src.rank() + axes.size();
        if (rank > TensorReader.MOST_AXES) {
            throw new ModelFormatException("a shape of " + rank + " axes");
        }
        Set<Integer> fresh = new HashSet<>();
        for (long axis : axes) {
            if (!fresh.add(NodeContext.axis(axis, rank))) {
                throw new ModelFormatException("axes " + axes + " name one twice");
            }
        }
        List<Integer> extents = new ArrayList<>();
        int next = 0;
        for (int axis = 0; axis < rank; axis++) {
            extents.add(fresh.contains(axis) ? 1 : src.extent(next++));
        }
        return node.result(new Reshape(Shape.of(extents)), node.input(0));
    }

    private static Operand transpose(NodeContext node) {
        int rank = node.input(0).shape().rank();
        List<Integer> permutation =
                new ArrayList<>(Windows.narrow(node.attributes().integers("perm")));
        if (permutation.isEmpty()) {
            for (int axis = rank - 1; axis >= 0; axis--) {
                permutation.add(axis);
            }
        }
        return node.result(new Transpose(permutation), node.input(0));
    }

    private static Operand concat(NodeContext node, long axis) {
        Operand[] all = node.all();
        return all.length == 1 ? all[0] : node.result(new Concat(NodeContext.narrow(axis)), all);
    }

    private static Operand tileAxis(NodeContext node) {
        int rank = node.input(0).shape().rank();
        long[] repeats = new long[rank];
        Arrays.fill(repeats, 1);
        repeats[NodeContext.axis((long) node.number(2), rank)] = (long) node.number(1);
        return tile(node, repeats);
    }

    /** Each repeated axis d becomes 1, d, is expanded to r, d and merged again. */
    private static Operand tile(NodeContext node, long[] repeats) {
        Operand src = node.input(0);
        Shape shape = src.shape();
        if (repeats.length != shape.rank()) {
            throw new ModelFormatException(
                    "repeats " + Arrays.toString(repeats) + " should be one per axis of " + shape);
        }
        List<Integer> split = new ArrayList<>();
        List<Integer> expanded = new ArrayList<>();
        long[] merged = new long[shape.rank()];
        for (int axis = 0; axis < shape.rank(); axis++) {
            int repeat = NodeContext.narrow(repeats[axis]);
            Collections.addAll(split, 1, shape.extent(axis));
            Collections.addAll(expanded, repeat, shape.extent(axis));
            merged[axis] = (long) repeat * shape.extent(axis);
        }
        Operand apart = node.add(new Reshape(Shape.of(split)), src);
        Operand repeated = node.add(new Expand(Shape.of(expanded)), apart);
        return node.result(new Reshape(Shape.ofLongs(merged)), repeated);
    }

    private static Operand depthToSpace(NodeContext node) {
        boolean columnRowDepth =
                node.attributes().word("mode", "DCR", "DCR", "CRD").equals("CRD");
        int block = NodeContext.narrow(node.attributes().integer("blocksize"));
        return node.result(new DepthToSpace(block, columnRowDepth), node.input(0));
    }
}
