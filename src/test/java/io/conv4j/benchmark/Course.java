package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What is raced: a network in both forms, with its inputs.
 *
 * @param name for reports
 * @param net what conv4j runs
 * @param model the same as ONNX, for the rival
 * @param inputs in the network's order
 */
@SuppressWarnings("ArrayRecordComponent") // a model's bytes, handed on and never compared
record Course(String name, Graph net, byte[] model, List<Tensor> inputs) {
    /** A network of the zoo. */
    static Course ofZoo(String name, int batch, long seed) {
        Graph net = Zoo.build(name, batch);
        return new Course(name, net, OnnxWriter.write(net), seeded(net, seed));
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
