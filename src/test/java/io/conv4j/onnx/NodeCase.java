package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.golden.TestData;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One of ONNX's own tests: a folder with a model, inputs and the outputs they should give. */
record NodeCase(String group, Path folder) {
    private static final double ABSOLUTE = 1e-5;
    private static final double RELATIVE = 1e-3;

    /** All cases below a folder of the test data, by name. */
    static List<NodeCase> in(String group) {
        try (Stream<Path> folders = Files.list(TestData.require("ONNX's tests of " + group, "onnx/" + group))) {
            return folders.filter(folder -> Files.exists(folder.resolve("model.onnx")))
                    .sorted()
                    .map(folder -> new NodeCase(group, folder))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return group + "/" + folder.getFileName();
    }

    /** Runs the model on a back end and compares every output. */
    void run(String backend) {
        OnnxModel model = OnnxModel.read(folder.resolve("model.onnx"));
        List<ModelTensor> declared = model.inputs();
        List<Tensor> tensors = tensors("input_");
        Map<String, Tensor> inputs = new HashMap<>();
        for (int i = 0; i < tensors.size(); i++) {
            inputs.put(declared.get(i).name(), tensors.get(i));
        }
        OnnxModel bound = model.bindShapes(inputs);
        inputs.keySet().retainAll(bound.inputs().stream().map(ModelTensor::name).toList());
        try (Session session = Session.open(bound, SessionOptions.throughput().backend(backend))) {
            Map<String, Tensor> results = session.run(inputs);
            List<Tensor> wanted = tensors("output_");
            assertThat(results).hasSizeGreaterThanOrEqualTo(wanted.size());
            for (int i = 0; i < wanted.size(); i++) {
                String output = model.outputs().get(i).name();
                compare(output, wanted.get(i), java.util.Objects.requireNonNull(results.get(output)));
            }
        }
    }

    private List<Tensor> tensors(String role) {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; ; i++) {
            Path file = folder.resolve("test_data_set_0").resolve(role + i + ".pb");
            if (!Files.exists(file)) {
                return tensors;
            }
            tensors.add(OnnxTensors.read(file));
        }
    }

    private static void compare(String output, Tensor wanted, Tensor got) {
        assertThat(got.type()).as("type of " + output).isEqualTo(wanted.type());
        for (int i = 0; i < wanted.shape().elements(); i++) {
            double a = wanted.get(i);
            double b = got.get(i);
            boolean same = a == b || Double.isNaN(a) && Double.isNaN(b);
            if (!same && !(Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(a))) {
                throw new AssertionError(output + " [" + wanted.type() + "] at " + i + " is " + b + ", should be " + a);
            }
        }
    }
}
