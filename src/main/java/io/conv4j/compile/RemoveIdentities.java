package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Slice;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Drops nodes that give back what they are given, and merges reshapes and transposes that follow one another. */
final class RemoveIdentities implements Rewriting.Rule {
    /** The constant second operand that changes nothing. */
    private static final Map<Binary.Op, Integer> NEUTRAL =
            Map.of(Binary.Op.ADD, 0, Binary.Op.SUB, 0, Binary.Op.MUL, 1, Binary.Op.DIV, 1, Binary.Op.POW, 1);

    @Override
    public void visit(Rewriting graph, Node node) {
        Value same = same(graph, node);
        if (same != null && same.type().equals(node.output().type())) {
            graph.forward(node, same);
        } else if (node.layer() instanceof Reshape) {
            merge(graph, node);
        } else if (node.layer() instanceof Transpose transpose) {
            merge(graph, node, transpose);
        } else if (node.layer() instanceof Reduce reduce && keepsElements(reduce, node)) {
            graph.replace(node, new Reshape(node.output().shape()), node.inputs());
        }
    }

    /** The input that the node gives back, if types agree; null if it does not. */
    private static @Nullable Value same(Rewriting graph, Node node) {
        if (node.layer() instanceof Binary binary) {
            return operandThatStays(graph, binary.op(), node.inputs());
        }
        return node.inputs().size() == 1 && isIdentity(graph, node.layer(), node)
                ? node.inputs().get(0)
                : null;
    }

    private static @Nullable Value operandThatStays(Rewriting graph, Binary.Op op, List<Value> operands) {
        Integer neutral = NEUTRAL.get(op);
        if (neutral == null) {
            return null;
        }
        if (isAll(graph.constant(operands.get(1)), neutral)) {
            return operands.get(0);
        }
        return op.isCommutative() && isAll(graph.constant(operands.get(0)), neutral) ? operands.get(1) : null;
    }

    private static boolean isAll(@Nullable Tensor constant, int number) {
        if (constant == null) {
            return false;
        }
        for (int i = 0; i < constant.shape().elements(); i++) {
            if (constant.get(i) != number) {
                return false;
            }
        }
        return true;
    }

    /** Whether a layer of one input gives it back if its output has the same type. */
    private static boolean isIdentity(Rewriting graph, Layer layer, Node node) {
        if (layer instanceof Slice slice) {
            return IntStream.range(0, slice.steps().size())
                    .allMatch(axis ->
                            slice.extents().get(axis) <= 1 || slice.steps().get(axis) == 1);
        }
        if (layer instanceof Transpose transpose) {
            return transpose
                    .permutation()
                    .equals(ascending(transpose.permutation().size()));
        }
        if (layer instanceof Pooling pooling) {
            return pooling.window().isPointwise();
        }
        if (layer instanceof Resize resize) {
            return isIdentity(resize);
        }
        if (layer instanceof Activation activation) {
            return isIdentity(activation)
                    || activation.kind() == Activation.Kind.RELU
                            && NonNegative.holds(graph, node.inputs().get(0));
        }
        return layer instanceof Reshape
                || layer instanceof Expand
                || layer instanceof Cast
                || layer instanceof Concat
                || layer instanceof DepthToSpace
                || layer instanceof SpaceToDepth
                || layer instanceof Pad pad && isIdentity(pad);
    }

    private static boolean isIdentity(Pad pad) {
        return pad.before().stream().allMatch(p -> p == 0)
                && pad.after().stream().allMatch(p -> p == 0);
    }

    private static boolean isIdentity(Activation activation) {
        return switch (activation.kind()) {
            case LINEAR -> activation.alpha() == 1 && activation.beta() == 0;
            case CLIP -> activation.alpha() == Float.NEGATIVE_INFINITY && activation.beta() == Float.POSITIVE_INFINITY;
            case POWER -> activation.alpha() == 1 && activation.beta() == 1;
            default -> false;
        };
    }

    private static boolean isIdentity(Resize resize) {
        return resize.scales().stream().allMatch(scale -> scale == 1)
                && resize.coordinates() != Resize.Coordinates.CROP_AND_RESIZE
                && resize.coordinates() != Resize.Coordinates.TF_HALF_PIXEL_FOR_NN;
    }

    /** Whether every number is made of one element and is that element. */
    private static boolean keepsElements(Reduce reduce, Node node) {
        Shape src = node.inputs().get(0).shape();
        boolean plain =
                switch (reduce.kind()) {
                    case SUM, MEAN, MAX, MIN, PRODUCT -> true;
                    default -> false;
                };
        return plain && reduce.axes().stream().allMatch(axis -> src.extent(axis) == 1);
    }

    private static void merge(Rewriting graph, Node reshape) {
        Node before = graph.producer(reshape.inputs().get(0));
        if (before != null && before.layer() instanceof Reshape) {
            graph.replace(reshape, reshape.layer(), before.inputs());
        }
    }

    private static void merge(Rewriting graph, Node node, Transpose transpose) {
        Value src = node.inputs().get(0);
        Node before = graph.producer(src);
        if (keepsOrder(transpose, src.shape())) {
            graph.replace(node, new Reshape(node.output().shape()), node.inputs());
        } else if (before != null && before.layer() instanceof Transpose first) {
            List<Integer> both = transpose.permutation().stream()
                    .map(first.permutation()::get)
                    .toList();
            graph.replace(node, new Transpose(both), before.inputs());
        }
    }

    /** Whether only axes of extent 1 change their place, so that the elements lie as before. */
    private static boolean keepsOrder(Transpose transpose, Shape src) {
        List<Integer> moved = transpose.permutation().stream()
                .filter(axis -> src.extent(axis) > 1)
                .toList();
        return moved.equals(moved.stream().sorted().toList());
    }

    private static List<Integer> ascending(int count) {
        return IntStream.range(0, count).boxed().toList();
    }
}
