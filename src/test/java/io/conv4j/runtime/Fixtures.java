package io.conv4j.runtime;

import io.conv4j.graph.Graph;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Objects;

/** Small models and tensors. */
final class Fixtures {
    static final Shape SHAPE = Shape.of(1, 2, 2);

    private Fixtures() {}

    /** One input, src, of a fixed shape. */
    static Model fixed() {
        return Model.of(graph(SHAPE));
    }

    /** One input, src, of 1xNx2, N to be chosen. */
    static Model symbolic() {
        List<String> dims = List.of("1", "N", "2");
        return new Model(
                "symbolic",
                List.of(new TensorInfo("src", DataType.F32, dims)),
                List.of(new TensorInfo("dst", DataType.F32, dims)),
                shapes -> graph(Objects.requireNonNull(shapes.get("src"))));
    }

    static Graph graph(Shape shape) {
        return Graph.builder("small").input("src", shape).relu().build();
    }

    static Tensor ones(int n) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(1, n, 2));
        for (int i = 0; i < 2 * n; i++) {
            tensor.set(i, 1);
        }
        return tensor;
    }

    static Tensor zeros(int n) {
        return Tensor.zeros(DataType.F32, Shape.of(1, n, 2));
    }

    static SessionOptions throughput(int contexts) {
        return SessionOptions.throughput().maxContexts(contexts);
    }

    static SessionOptions latency() {
        return SessionOptions.latency().intraOpThreads(2);
    }
}
