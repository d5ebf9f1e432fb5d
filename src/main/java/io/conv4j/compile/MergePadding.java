package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Merges padding by a constant into the window of the convolution or pooling that reads it. */
final class MergePadding implements Rewriting.Rule {
    @Override
    public void visit(Rewriting graph, Node node) {
        Node before = graph.producer(node.inputs().get(0));
        if (before == null || !(before.layer() instanceof Pad pad) || pad.mode() != Pad.Mode.CONSTANT) {
            return;
        }
        Value src = before.inputs().get(0);
        if (node.layer() instanceof Convolution convolution && pad.value() == 0) {
            Window window = padded(convolution.window(), pad);
            if (window != null) {
                List<Value> inputs = new ArrayList<>(node.inputs());
                inputs.set(0, src);
                graph.replace(node, new Convolution(window, convolution.groups()), inputs);
            }
        } else if (node.layer() instanceof Pooling pooling) {
            Pooling merged = merged(graph, pooling, pad, src);
            if (merged != null
                    && merged.infer(List.of(src.type()))
                            .get(0)
                            .equals(node.output().type())) {
                graph.replace(node, merged, List.of(src));
            }
        }
    }

    private static @Nullable Pooling merged(Rewriting graph, Pooling pooling, Pad pad, Value src) {
        Window window = padded(pooling.window(), pad);
        // No window may lie in the padding alone: a maximum over nothing, a mean of nothing.
        if (window == null
                || !window.axes().stream()
                        .allMatch(axis ->
                                axis.dilation() == 1 && Math.max(axis.padBefore(), axis.padAfter()) < axis.kernel())) {
            return null;
        }
        return switch (pooling.kind()) {
            case AVERAGE_INCLUDE_PADDING ->
                pad.value() == 0 ? new Pooling(pooling.kind(), window, pooling.ceilMode()) : null;
            case AVERAGE_EXCLUDE_PADDING ->
                // Zeros that were elements count; padding of the pooling's own did not.
                pad.value() == 0 && isUnpadded(pooling.window()) && !pooling.ceilMode()
                        ? new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, window)
                        : null;
            case MAX ->
                pad.value() <= -Float.MAX_VALUE || pad.value() <= 0 && NonNegative.holds(graph, src)
                        ? new Pooling(pooling.kind(), window, pooling.ceilMode())
                        : null;
        };
    }

    private static boolean isUnpadded(Window window) {
        return !window.isPadded();
    }

    /** The window with more padding; null if other axes are padded too, or anything is cut. */
    private static @Nullable Window padded(Window window, Pad pad) {
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < pad.before().size(); i++) {
            int before = pad.before().get(i);
            int after = pad.after().get(i);
            if (before < 0 || after < 0 || i < 2 && before + after > 0) {
                return null;
            }
            if (i >= 2) {
                Axis axis = window.axis(i - 2);
                axes.add(axis.withPadding(
                        Math.addExact(axis.padBefore(), before), Math.addExact(axis.padAfter(), after)));
            }
        }
        return new Window(axes);
    }
}
