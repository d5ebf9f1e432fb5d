package io.conv4j.benchmark;

import io.conv4j.golden.OnnxRuntime;
import io.conv4j.graph.Graph;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One side of a race: a network with its threads, inputs and outputs, ready to run again and again on the same memory.
 * Used by one thread.
 */
interface Contender extends AutoCloseable {
    /** The name in reports. */
    String name();

    /** What is timed: one run from inputs in Java's memory to outputs in Java's memory. */
    void run();

    /** The outputs of the last run, in the network's order. */
    List<Tensor> outputs();

    @Override
    void close();

    /** conv4j. */
    static Contender conv4j(Graph net, SessionOptions options, List<Tensor> inputs) {
        Session session = Session.open(net, options);
        List<Tensor> outputs = outputs(net);
        return new Contender() {
            @Override
            public String name() {
                return "conv4j " + session.describe().setting().backend();
            }

            @Override
            public void run() {
                session.run(inputs, outputs);
            }

            @Override
            public List<Tensor> outputs() {
                return outputs;
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }

    /** ONNX Runtime with all its optimisations. */
    static Contender onnxRuntime(Course course, int threads) {
        List<Tensor> outputs = outputs(course.net());
        Course.Rival rival = course.rival();
        OnnxRuntime runtime = rival.loading().apply(threads);
        OnnxRuntime.Bound bound = runtime.bind(named(rival.inputs(), course.inputs()), named(rival.outputs(), outputs));
        return new Contender() {
            @Override
            public String name() {
                return "onnxruntime";
            }

            @Override
            public void run() {
                bound.run();
            }

            @Override
            public List<Tensor> outputs() {
                return outputs;
            }

            @Override
            public void close() {
                bound.close();
                runtime.close();
            }
        };
    }

    private static List<Tensor> outputs(Graph net) {
        List<Tensor> outputs = new ArrayList<>();
        net.outputs().forEach(output -> outputs.add(Tensor.zeros(output.type())));
        return outputs;
    }

    private static Map<String, Tensor> named(List<String> names, List<Tensor> tensors) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int i = 0; i < tensors.size(); i++) {
            named.put(names.get(i), tensors.get(i));
        }
        return named;
    }
}
