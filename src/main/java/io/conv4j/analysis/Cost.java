package io.conv4j.analysis;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.DeformableConvolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a layer or a network costs.
 *
 * @param macs multiply-adds of convolutions and matrix products, bias not counted, padding counted; a transposed
 *     convolution is counted at its input positions. 0 for all other layers. One MAC is two FLOP
 * @param parameters elements of the constants read
 * @param activationBytes bytes of the tensors read, constants excepted, and written
 */
public record Cost(long macs, long parameters, long activationBytes) {
    /** The cost of nothing. */
    public static final Cost NOTHING = new Cost(0, 0, 0);

    /** The cost of one layer of a graph. */
    public static Cost of(Graph graph, Node node) {
        List<Value> constants = node.inputs().stream()
                .filter(value -> graph.constant(value).isPresent())
                .toList();
        long parameters =
                constants.stream().mapToLong(value -> value.shape().elements()).sum();
        long bytes = Stream.concat(
                        node.inputs().stream().filter(value -> !constants.contains(value)), node.outputs().stream())
                .mapToLong(value -> value.type().bytes())
                .sum();
        return new Cost(macs(node), parameters, bytes);
    }

    /** The sum over all layers; a constant that several layers read is counted once. */
    public static Cost of(Graph graph) {
        Cost sum = graph.nodes().stream().map(node -> of(graph, node)).reduce(NOTHING, Cost::plus);
        long parameters = graph.constants().keySet().stream()
                .mapToLong(value -> value.shape().elements())
                .sum();
        return new Cost(sum.macs, parameters, sum.activationBytes);
    }

    private Cost plus(Cost other) {
        return new Cost(macs + other.macs, parameters + other.parameters, activationBytes + other.activationBytes);
    }

    /** Floating-point operations: 2 a MAC. */
    public double flops() {
        return 2.0 * macs;
    }

    private static long macs(Node node) {
        Shape dst = node.output().shape();
        if (node.layer() instanceof Convolution || node.layer() instanceof DeformableConvolution) {
            return products(dst, node.inputs().get(1).shape());
        }
        if (node.layer() instanceof TransposedConvolution) {
            return products(node.inputs().get(0).shape(), node.inputs().get(1).shape());
        }
        if (node.layer() instanceof Dense) {
            return (long) dst.elements() * node.inputs().get(1).shape().extent(1);
        }
        if (node.layer() instanceof MatMul) {
            return (long) dst.elements() * node.inputs().get(0).shape().extent(-1);
        }
        return 0;
    }

    /** Elements on one side times the weights that each of them meets: all but those of other channels of its side. */
    private static long products(Shape side, Shape weights) {
        return (long) side.elements() * (weights.elements() / weights.extent(0));
    }
}
