package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class GateWeightsTest {
    private static final Shape MAP = Shape.of(1, 3, 8, 8);
    private static final Shape GATE = Shape.of(1, 3, 1, 1);

    @Test
    void gatesMultiplyTheWeightsInstead() {
        for (boolean gateFirst : List.of(false, true)) {
            Graph graph = gated(MAP, GATE, 2, gateFirst).build();

            Graph result = new GateWeights().apply(graph);

            assertThat(result.nodes()).extracting(node -> node.layer().word()).containsExactly("mul", "Convolution");
            assertThat(result.nodes().get(0).output().shape()).isEqualTo(Shape.of(2, 3, 1, 1));
            assertThat(result.nodes().get(1).inputs().get(0))
                    .isEqualTo(graph.inputs().get(0));
            assertThat(result.outputs()).isEqualTo(graph.outputs());
            assertThat(new GateWeights().apply(result)).isSameAs(result);
        }
    }

    @Test
    void whereItIsDearerOrSomethingElseItStays() {
        for (Graph graph : List.of(
                gated(MAP, GATE, 9, false).build(),
                gated(Shape.of(2, 3, 8, 8), GATE, 2, false).build(),
                gated(MAP, Shape.of(1, 1, 8, 8), 2, false).build(),
                gated(MAP, MAP, 2, false).build(),
                seen())) {
            assertThat(new GateWeights().apply(graph)).isSameAs(graph);
        }
    }

    /** Whole numbers, so that the order of the products does not matter. */
    @Test
    void theResultIsTheSame() {
        Graph graph = gated(MAP, GATE, 2, false).build();
        Tensor src = counting(MAP);
        Tensor gate = counting(GATE);
        assertThat(run(new GateWeights().apply(graph), src, gate)).isEqualTo(run(graph, src, gate));
    }

    private static float[] run(Graph graph, Tensor src, Tensor gate) {
        Tensor dst = Tensor.zeros(graph.outputs().get(0).type());
        try (Executable executable = new JavaBackend().prepare(Plan.of(graph), new ExecutionOptions(1));
                Context context = executable.newContext()) {
            context.run(List.of(src, gate), List.of(dst));
        }
        return dst.toFloats();
    }

    private static GraphBuilder gated(Shape map, Shape gate, int channels, boolean gateFirst) {
        GraphBuilder builder = Graph.builder("net").input("src", map);
        Value src = builder.value();
        Value factor = builder.input("gate", gate).value();
        builder.from(gateFirst ? factor : src).multiply(gateFirst ? src : factor);
        return builder.then(
                new Convolution(Window.square(1)), builder.constant("weights", counting(Shape.of(channels, 3, 1, 1))));
    }

    /** The product is an output too, so that it has to be made anyway. */
    private static Graph seen() {
        GraphBuilder builder = Graph.builder("net").input("src", MAP);
        Value src = builder.value();
        Value gate = builder.input("gate", GATE).value();
        builder.from(src).multiply(gate).output();
        return builder.then(
                        new Convolution(Window.square(1)), builder.constant("weights", counting(Shape.of(2, 3, 1, 1))))
                .output()
                .build();
    }

    private static Tensor counting(Shape shape) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, i % 7 - 3.0);
        }
        return tensor;
    }
}
