package io.conv4j.benchmark;

import io.conv4j.golden.OnnxRuntime;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * What is raced: a network in both forms, with its inputs.
 *
 * @param name for reports
 * @param net what conv4j runs
 * @param rival the same in ONNX Runtime
 * @param inputs in the network's order
 */
record Course(String name, Graph net, Rival rival, List<Tensor> inputs) {
    /**
     * A network in ONNX Runtime.
     *
     * @param loading loads it, with all optimisations, for a number of threads
     * @param inputs names in the network's order
     * @param outputs names in the network's order; a graph may call them otherwise
     */
    record Rival(IntFunction<OnnxRuntime> loading, List<String> inputs, List<String> outputs) {
        /** Copies the lists. */
        Rival {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /** Images in one run: the first extent of the first input. */
    int batch() {
        return net.inputs().isEmpty() || net.inputs().get(0).shape().rank() == 0
                ? 1
                : net.inputs().get(0).shape().extent(0);
    }

    /** Floats normal around 0, as networks like them; other types 0 or 1. */
    static List<Tensor> seeded(Graph net, long seed) {
        Random random = new Random(seed);
        List<Tensor> inputs = new ArrayList<>();
        for (Value input : net.inputs()) {
            Tensor tensor = Tensor.zeros(input.type());
            boolean floating = input.dataType() == DataType.F32;
            for (int i = 0; i < tensor.shape().elements(); i++) {
                tensor.set(i, floating ? random.nextGaussian() : random.nextInt(2));
            }
            inputs.add(tensor);
        }
        return inputs;
    }
}
