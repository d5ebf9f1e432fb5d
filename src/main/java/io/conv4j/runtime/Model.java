package io.conv4j.runtime;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.onnx.ModelTensor;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a session is opened on.
 *
 * @param name for people
 * @param inputs what a run takes, in order
 * @param outputs what a run gives, in order
 * @param graph the graph for given input shapes; its inputs and outputs are in the same order
 */
record Model(
        String name, List<TensorInfo> inputs, List<TensorInfo> outputs, Function<Map<String, Shape>, Graph> graph) {
    /** Copies the lists. */
    Model {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    static Model of(Graph graph) {
        return new Model(graph.name(), infos(graph.inputs()), infos(graph.outputs()), shapes -> graph);
    }

    static Model of(OnnxModel onnx) {
        return new Model(
                onnx.name().isBlank() ? "model" : onnx.name(),
                declared(onnx.inputs()),
                declared(onnx.outputs()),
                onnx::graph);
    }

    private static List<TensorInfo> infos(List<Value> values) {
        List<TensorInfo> infos = new ArrayList<>();
        for (Value value : values) {
            infos.add(TensorInfo.of(value));
        }
        return infos;
    }

    private static List<TensorInfo> declared(List<ModelTensor> tensors) {
        List<TensorInfo> infos = new ArrayList<>();
        for (ModelTensor tensor : tensors) {
            infos.add(new TensorInfo(tensor.name(), tensor.type(), tensor.dims()));
        }
        return infos;
    }

    /** The same with the graph made already, if there is only one that it can make. */
    Model specialised() {
        if (!fixed()) {
            return this;
        }
        Graph only = graph.apply(Map.of());
        return new Model(name, inputs, outputs, shapes -> only);
    }

    /** Whether one set of input shapes is all there is. */
    boolean fixed() {
        for (TensorInfo input : inputs) {
            if (input.shape().isEmpty()) {
                return false;
            }
        }
        return true;
    }
}
