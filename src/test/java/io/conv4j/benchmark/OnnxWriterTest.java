package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.golden.OnnxRuntime;
import io.conv4j.golden.SeededTensor;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written is taken by ONNX Runtime and computes something worth racing for. */
class OnnxWriterTest {
    /** All but vgg16, whose half gigabyte of weights takes long to load and whose layers the others have too. */
    static List<String> names() {
        return Zoo.names().stream().filter(name -> !name.equals("vgg16")).toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void writesNetworksThatOnnxRuntimeRuns(String name) {
        Graph net = Zoo.build(name, 1);
        try (OnnxRuntime runtime = OnnxRuntime.open(OnnxWriter.write(net), OnnxRuntime.Mode.PLAIN, 2)) {
            Map<String, Tensor> outputs = runtime.run(
                    Map.of("input", SeededTensor.of(net.inputs().get(0).type(), 1)));
            assertThat(outputs).hasSameSizeAs(net.outputs());
            for (Value output : net.outputs()) {
                assertThat(outputs).containsKey(output.name());
                assertThat(outputs.get(output.name())).isNotNull().satisfies(tensor -> {
                    assertThat(tensor.type()).isEqualTo(output.type());
                    assertThat(spread(tensor)).as("spread of %s", output).isBetween(0.02, 100.0);
                });
            }
        }
    }

    /** Standard deviation: weights of a wrong size would make it vanish or explode. */
    private static double spread(Tensor tensor) {
        double sum = 0;
        double squares = 0;
        int elements = tensor.shape().elements();
        for (int i = 0; i < elements; i++) {
            sum += tensor.get(i);
            squares += tensor.get(i) * tensor.get(i);
        }
        return Math.sqrt(squares / elements - sum / elements * (sum / elements));
    }
}
