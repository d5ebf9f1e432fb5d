package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Computes once what several nodes compute by the same layer from the same inputs; equal small constants count as one. */
final class MergeDuplicates implements Pass {
    /** Larger constants are not compared by their numbers. */
    private static final int SMALL_BYTES = 1024;

    private static final int HASHED_BYTES = 16;

    /** What a node computes. */
    private record Work(Layer layer, List<Object> inputs) {
        /** Of what goes in only: few nodes share that, and layers have many parts. */
        @Override
        public int hashCode() {
            return inputs.hashCode();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Work work && inputs.equals(work.inputs) && layer.equals(work.layer);
        }
    }

    /** A constant by what it holds. */
    private record Numbers(TensorType type, ByteBuffer bytes) {
        /** Of the first numbers only: reading all of them for every constant in every walk would take long. */
        @Override
        public int hashCode() {
            return 31 * type.hashCode()
                    + bytes.slice(0, Math.min(bytes.limit(), HASHED_BYTES)).hashCode();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Numbers numbers && type.equals(numbers.type) && bytes.equals(numbers.bytes);
        }
    }

    @Override
    public Graph apply(Graph graph) {
        return Rewriting.walk(graph, new Merge());
    }

    /** One walk, with what was computed before. */
    private static final class Merge implements Rewriting.Rule {
        private final Map<Work, Value> done = new HashMap<>();

        @Override
        public void visit(Rewriting graph, Node node) {
            if (node.outputs().size() > 1) {
                return;
            }
            List<Object> inputs = new ArrayList<>(node.inputs().size());
            for (Value input : node.inputs()) {
                inputs.add(identity(graph, input));
            }
            Work work = new Work(node.layer(), inputs);
            Value before = done.get(work);
            if (before == null || graph.producer(before) == null) {
                done.put(work, node.output());
            } else {
                graph.forward(node, before);
            }
        }
    }

    private static Object identity(Rewriting graph, Value value) {
        Tensor constant = graph.constant(value);
        return constant != null && constant.type().bytes() <= SMALL_BYTES
                ? new Numbers(constant.type(), constant.bytes())
                : value;
    }
}
