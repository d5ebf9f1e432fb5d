package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes the mean or maximum over all spatial axes as a pooling, which reads channels where convolutions leave them. With
 * three axes only what comes from a window is meant: the last axis of anything else is no spatial axis.
 */
final class GlobalPooling implements Rewriting.Rule {
    @Override
    public void visit(Rewriting graph, Node node) {
        Value src = node.inputs().get(0);
        if (!(node.layer() instanceof Reduce reduce) || !isGlobal(graph, reduce, src)) {
            return;
        }
        Shape shape = src.shape();
        Pooling.Kind kind = reduce.kind() == Reduce.Kind.MAX ? Pooling.Kind.MAX : Pooling.Kind.AVERAGE_INCLUDE_PADDING;
        Pooling pooling = new Pooling(kind, Window.of(Arrays.copyOfRange(shape.extents(), 2, shape.rank())));
        if (reduce.keepAxes()) {
            graph.replace(node, pooling, node.inputs());
        } else {
            Value pooled = graph.add(node.name(), pooling, node.inputs());
            graph.replace(node, new Reshape(node.output().shape()), List.of(pooled));
        }
    }

    private static boolean isGlobal(Rewriting graph, Reduce reduce, Value src) {
        int rank = src.shape().rank();
        return (reduce.kind() == Reduce.Kind.MEAN || reduce.kind() == Reduce.Kind.MAX)
                && src.dataType() == DataType.F32
                && (rank == 4 || rank == 5 || rank == 3 && comesFromWindow(graph, src))
                && src.shape().elements() > 0
                && reduce.axes().equals(IntStream.range(2, rank).boxed().toList());
    }

    private static boolean comesFromWindow(Rewriting graph, Value value) {
        Node producer = graph.producer(value);
        while (producer != null
                && (producer.layer() instanceof Activation || producer.layer() instanceof BatchNormalization)) {
            producer = graph.producer(producer.inputs().get(0));
        }
        return producer != null
                && (producer.layer() instanceof Convolution
                        || producer.layer() instanceof TransposedConvolution
                        || producer.layer() instanceof Pooling);
    }
}
