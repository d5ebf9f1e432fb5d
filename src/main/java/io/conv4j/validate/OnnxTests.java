package io.conv4j.validate;

import io.conv4j.Conv4jException;
import io.conv4j.graph.Graph;
import io.conv4j.onnx.ModelTensor;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.onnx.OnnxTensors;
import io.conv4j.onnx.UnsupportedModelException;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Tests in ONNX's own layout: folders with a {@code model.onnx} and {@code test_data_set_*} folders beside it that hold
 * {@code input_0.pb}, {@code input_1.pb} … and {@code output_0.pb} …, each a serialised TensorProto, in the model's order.
 * ONNX's back-end tests are stored so.
 *
 * <p>A result is right if it has the expected type and shape and each element is within
 * {@code |got − want| ≤ 1e-5 + 1e-3·|want|}; NaN is right where NaN is expected. Stateless and safe from any thread.
 */
public final class OnnxTests {
    private static final String MODEL = "model.onnx";
    private static final String DATA_SET = "test_data_set_";

    private OnnxTests() {}

    /** How a test ended. */
    public enum Outcome {
        /** All results are right. */
        PASSED,
        /** A result is wrong, or something broke. */
        FAILED,
        /** The model uses what conv4j does not support, or there is nothing to compare with. */
        SKIPPED
    }

    /**
     * What became of one test.
     *
     * @param folder the test's folder
     * @param outcome how it ended
     * @param reason why, in one line; empty if it passed
     */
    public record Result(Path folder, Outcome outcome, String reason) {
        /** {@code FAILED folder: reason}. */
        @Override
        public String toString() {
            return outcome + " " + folder + (reason.isEmpty() ? "" : ": " + reason);
        }
    }

    /**
     * The tests in these folders and everywhere below, each once, sorted by path.
     *
     * @throws Conv4jException if there is none in one of the folders
     * @throws IOException if a folder cannot be read
     */
    public static List<Path> find(List<Path> folders) throws IOException {
        TreeSet<Path> found = new TreeSet<>();
        for (Path folder : folders) {
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> tests = files.filter(file -> file.endsWith(MODEL))
                        .map(file -> file.resolveSibling("").normalize())
                        .toList();
                if (tests.isEmpty()) {
                    throw new Conv4jException("there is no test in " + folder + ": a test is a folder with " + MODEL
                            + " and " + DATA_SET + "0");
                }
                found.addAll(tests);
            }
        }
        return List.copyOf(found);
    }

    /** Runs one test with all its data sets; whatever goes wrong is in the result. */
    public static Result run(Path folder, SessionOptions options) {
        try {
            List<Path> dataSets = numbered(folder, DATA_SET, "");
            if (dataSets.isEmpty()) {
                return new Result(folder, Outcome.SKIPPED, "there is no " + DATA_SET + "0 to compare with");
            }
            OnnxModel model = OnnxModel.read(folder.resolve(MODEL));
            for (Path dataSet : dataSets) {
                String wrong = run(model, dataSet, options);
                if (!wrong.isEmpty()) {
                    return new Result(folder, Outcome.FAILED, wrong);
                }
            }
            return new Result(folder, Outcome.PASSED, "");
        } catch (UnsupportedModelException e) {
            return new Result(folder, Outcome.SKIPPED, String.join("; ", e.problems()));
        } catch (Conv4jException e) {
            return new Result(folder, Outcome.FAILED, oneLine(String.valueOf(e.getMessage())));
        } catch (Exception | StackOverflowError | OutOfMemoryError | AssertionError e) { // goes on with the next test
            return new Result(folder, Outcome.FAILED, "unforeseen " + oneLine(e.toString()));
        }
    }

    /** What is wrong; empty if nothing is. */
    private static String run(OnnxModel model, Path dataSet, SessionOptions options) throws IOException {
        Map<String, Tensor> inputs = inputs(model, dataSet);
        // Numbers that shapes depend on have to be in the model, as a graph has no open extents.
        OnnxModel bound = model.bindShapes(inputs);
        inputs.keySet().retainAll(bound.inputs().stream().map(ModelTensor::name).toList());
        Map<String, Shape> shapes = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        Graph graph = bound.graph(shapes);
        try (Session session = Session.open(graph, options)) {
            return compare(model, List.copyOf(session.run(inputs).values()), tensors(dataSet, "output_"));
        }
    }

    private static Map<String, Tensor> inputs(OnnxModel model, Path dataSet) throws IOException {
        List<Tensor> given = tensors(dataSet, "input_");
        List<ModelTensor> wanted = model.inputs();
        if (given.size() != wanted.size()) {
            throw new Conv4jException(
                    dataSet + " has " + given.size() + " inputs, the model takes " + wanted.size() + ": " + wanted);
        }
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < given.size(); i++) {
            inputs.put(wanted.get(i).name(), given.get(i));
        }
        return inputs;
    }

    private static String compare(OnnxModel model, List<Tensor> got, List<Tensor> want) {
        if (got.size() != want.size()) {
            return "the model gives " + got.size() + " outputs, " + want.size() + " are expected";
        }
        for (int i = 0; i < want.size(); i++) {
            String wrong = Expectation.difference(got.get(i), want.get(i));
            if (!wrong.isEmpty()) {
                return "output '" + model.outputs().get(i).name() + "': " + wrong;
            }
        }
        return "";
    }

    private static List<Tensor> tensors(Path dataSet, String prefix) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        for (Path file : numbered(dataSet, prefix, ".pb")) {
            tensors.add(OnnxTensors.read(file));
        }
        return tensors;
    }

    /** {@code prefix0suffix}, {@code prefix1suffix} … until one is missing. */
    private static List<Path> numbered(Path folder, String prefix, String suffix) {
        List<Path> found = new ArrayList<>();
        Path next = folder.resolve(prefix + 0 + suffix);
        while (Files.exists(next)) {
            found.add(next);
            next = folder.resolve(prefix + found.size() + suffix);
        }
        return found;
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
