package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.util.List;

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

    /** conv4j with a session of its own. */
    static Contender conv4j(Graph net, SessionOptions options, List<Tensor> inputs) {
        return SharedSession.conv4j(net, options).alone(inputs);
    }

    /** ONNX Runtime with a session of its own and all its optimisations. */
    static Contender onnxRuntime(Course course, int threads) {
        return SharedSession.onnxRuntime(course, threads).alone(course.inputs());
    }
}
