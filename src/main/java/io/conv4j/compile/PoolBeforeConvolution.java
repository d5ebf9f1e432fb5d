package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Pooling;
import io.conv4j.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes means before a pointwise convolution rather than after it. Both are linear and one works on channels only, the other
 * on space only, so that their order does not matter; the convolution then runs on fewer elements.
 */
final class PoolBeforeConvolution implements Rewriting.Rule {
    @Override
    public void visit(Rewriting graph, Node node) {
        Value src = node.inputs().get(0);
        Node before = graph.producer(src);
        if (before == null
                || !(node.layer() instanceof Pooling pooling)
                || !(before.layer() instanceof Convolution convolution)
                || !convolution.window().isPointwise()
                || !isPlainMean(pooling)
                || !graph.isPrivate(src)
                || src.dataType() != DataType.F32
                || node.output().shape().elements() > src.shape().elements() / 2) {
            return;
        }
        Value pooled = graph.add(node.name(), pooling, List.of(before.inputs().get(0)));
        List<Value> inputs = new ArrayList<>(before.inputs());
        inputs.set(0, pooled);
        graph.replace(node, before.name(), convolution, inputs);
    }

    /** A mean of as many elements everywhere, none of them padding. */
    private static boolean isPlainMean(Pooling pooling) {
        return pooling.kind() != Pooling.Kind.MAX
                && !pooling.ceilMode()
                && !pooling.window().isPadded();
    }
}
