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

/** One session of one side for any number of callers, each in a thread of its own. */
interface SharedSession extends AutoCloseable {
    /** One more caller, on these inputs and with outputs of its own; to be closed before the session. */
    Contender caller(List<Tensor> inputs);

    @Override
    void close();

    /** One caller that closes the session, too. */
    default Contender alone(List<Tensor> inputs) {
        Contender caller = caller(inputs);
        return new Caller(caller.name(), caller.outputs(), caller::run, () -> {
            caller.close();
            close();
        });
    }

    /** conv4j; callers beyond the contexts of the options wait for each other. */
    static SharedSession conv4j(Graph net, SessionOptions options) {
        Session session = Session.open(net, options);
        String name = "conv4j " + session.describe().setting().backend();
        return new SharedSession() {
            @Override
            public Contender caller(List<Tensor> inputs) {
                List<Tensor> outputs = outputs(net);
                return new Caller(name, outputs, () -> session.run(inputs, outputs), () -> {});
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }

    /** ONNX Runtime with all its optimisations. */
    static SharedSession onnxRuntime(Course course, int threads) {
        Course.Rival rival = course.rival();
        OnnxRuntime runtime = rival.loading().apply(threads);
        return new SharedSession() {
            @Override
            public Contender caller(List<Tensor> inputs) {
                List<Tensor> outputs = outputs(course.net());
                OnnxRuntime.Bound bound = runtime.bind(named(rival.inputs(), inputs), named(rival.outputs(), outputs));
                return new Caller("onnxruntime", outputs, bound::run, bound::close);
            }

            @Override
            public void close() {
                runtime.close();
            }
        };
    }

    /**
     * A caller.
     *
     * @param name of its side
     * @param outputs of the last run
     * @param running one run
     * @param closing frees what is the caller's alone
     */
    record Caller(String name, List<Tensor> outputs, Runnable running, Runnable closing) implements Contender {
        /** Copies the list. */
        public Caller {
            outputs = List.copyOf(outputs);
        }

        @Override
        public void run() {
            running.run();
        }

        @Override
        public void close() {
            closing.run();
        }
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
