package io.conv4j.runtime;

import io.conv4j.graph.Graph;
import io.conv4j.onnx.ModelTensor;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.tensor.Shape;
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
        return new Model(
                graph.name(),
                graph.inputs().stream().map(TensorInfo::of).toList(),
                graph.outputs().stream().map(TensorInfo::of).toList(),
                shapes -> graph);
    }

    static Model of(OnnxModel onnx) {
        return new Model(
                onnx.name().isBlank() ? "model" : onnx.name(),
                onnx.inputs().stream().map(Model::info).toList(),
                onnx.outputs().stream().map(Model::info).toList(),
                onnx::graph);
    }

    private static TensorInfo info(ModelTensor tensor) {
        return new TensorInfo(tensor.name(), tensor.type(), tensor.dims());
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
        return inputs.stream().allMatch(input -> input.shape().isPresent());
    }
}
