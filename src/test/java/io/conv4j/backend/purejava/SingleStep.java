package io.conv4j.backend.purejava;

import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Runs one layer, with post-ops, on the Java kernels. */
final class SingleStep {
    private final Layer layer;
    private final List<Tensor> sources;
    private final List<PostOp> postOps = new ArrayList<>();
    private final List<Tensor> operands = new ArrayList<>();

    SingleStep(Layer layer, Tensor... sources) {
        this.layer = layer;
        this.sources = List.of(sources);
    }

    SingleStep then(io.conv4j.layer.Activation activation) {
        postOps.add(new PostOp.Apply(activation));
        return this;
    }

    SingleStep then(io.conv4j.layer.Binary.Op op, Tensor operand) {
        postOps.add(new PostOp.Combine(op, new Value(1000 + operands.size(), "operand", operand.type())));
        operands.add(operand);
        return this;
    }

    static Tensor run(Layer layer, Tensor... sources) {
        return new SingleStep(layer, sources).run(1);
    }

    /** The first output; destinations are full of NaN before. */
    Tensor run(int threads) {
        return runAll(threads).get(0);
    }

    /** All outputs. */
    List<Tensor> runAll(int threads) {
        List<Value> values = new ArrayList<>();
        for (Tensor source : sources) {
            values.add(new Value(values.size(), "source" + values.size(), source.type()));
        }
        List<Tensor> destinations = new ArrayList<>();
        List<Value> made = new ArrayList<>();
        for (TensorType type : layer.infer(sources.stream().map(Tensor::type).toList())) {
            Tensor dst = Tensor.zeros(type);
            for (int i = 0; i < type.shape().elements(); i++) {
                dst.set(i, Double.NaN);
            }
            destinations.add(dst);
            made.add(new Value(values.size() + made.size(), "dst" + made.size(), type));
        }
        Node node = new Node(0, "node", layer, values, made);
        Step step = new Step(node, layer, values, postOps, made);
        JavaKernels.run(step, sources, operands, destinations, threads);
        return destinations;
    }
}
