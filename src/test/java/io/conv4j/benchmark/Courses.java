package io.conv4j.benchmark;

import io.conv4j.Conv4jException;
import io.conv4j.golden.OnnxRuntime;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.onnx.ModelTensor;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Finds what is to be raced: networks of the zoo and ONNX files.
 *
 * @param batch images in one run; where empty 1, or as many as a file fixes
 * @param shapes of inputs of ONNX files, by name
 * @param seed of the inputs' numbers
 */
record Courses(OptionalInt batch, Map<String, Shape> shapes, long seed) {
    static final String ZOO = "zoo";
    private static final String IN_ZOO = ZOO + ":";
    private static final String SUFFIX = ".onnx";

    /** Copies the map. */
    Courses {
        shapes = Map.copyOf(shapes);
    }

    /** The models meant, with {@code zoo} replaced by all that is in it, as {@code zoo:NAME}. */
    static List<String> expand(List<String> models) {
        List<String> all = new ArrayList<>();
        for (String model : models) {
            if (model.equals(ZOO)) {
                Zoo.names().forEach(name -> all.add(IN_ZOO + name));
            } else {
                all.add(Zoo.names().contains(model) ? IN_ZOO + model : model);
            }
        }
        return all;
    }

    /** The name that reports give to a model: a file's, without its ending; its folder's if it is only called model. */
    static String label(String model) {
        if (model.startsWith(IN_ZOO)) {
            return model.substring(IN_ZOO.length());
        }
        Path file = Path.of(model).toAbsolutePath().normalize();
        String name = String.valueOf(file.getFileName());
        String stem = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        Path folder = file.getParent();
        return stem.equals("model") && folder != null && folder.getFileName() != null
                ? folder.getFileName().toString()
                : stem;
    }

    /**
     * The network of this name in the zoo, or in this file.
     *
     * @throws Conv4jException if there is none, or it does not go with the shapes or the batch asked for
     */
    Course find(String model) {
        if (!model.startsWith(IN_ZOO)) {
            return ofFile(Path.of(model), label(model));
        }
        String name = label(model);
        if (!Zoo.names().contains(name)) {
            throw new Conv4jException("no network '" + name + "' in the zoo: " + Zoo.names());
        }
        if (!shapes.isEmpty()) {
            throw new Conv4jException(
                    "--shape is for ONNX files: the shapes of " + model + " are what --batch makes them");
        }
        Graph net = Zoo.build(name, batch.orElse(1));
        byte[] written = OnnxWriter.write(net);
        Course.Rival rival = new Course.Rival(
                threads -> OnnxRuntime.open(written, OnnxRuntime.Mode.FASTEST, threads),
                net.inputs().stream().map(Value::name).toList(),
                net.outputs().stream().map(Value::name).toList());
        return new Course(name, net, rival, Course.seeded(net, seed));
    }

    /** Takes a course together with its ONNX file. */
    @FunctionalInterface
    interface Use<T> {
        T of(Course course, Path file) throws IOException;
    }

    /** Uses the network of this name as a file, which is written for the time being if it is one of the zoo. */
    <T> T inFile(String model, Use<T> use) throws IOException {
        Course course = find(model);
        if (!model.startsWith(IN_ZOO)) {
            return use.of(course, Path.of(model));
        }
        Path file = Files.createTempFile(course.name(), SUFFIX);
        try {
            Files.write(file, OnnxWriter.write(course.net()));
            return use.of(course, file);
        } finally {
            Files.delete(file);
        }
    }

    private Course ofFile(Path file, String name) {
        OnnxModel model = OnnxModel.read(file);
        Map<String, Shape> chosen = new LinkedHashMap<>(shapes);
        model.inputs().forEach(input -> chosen.computeIfAbsent(input.name(), unnamed -> shape(input)));
        Graph net = model.graph(chosen);
        Course.Rival rival = new Course.Rival(
                threads -> OnnxRuntime.open(file, OnnxRuntime.Mode.FASTEST, threads),
                model.inputs().stream().map(ModelTensor::name).toList(),
                model.outputs().stream().map(ModelTensor::name).toList());
        Course course = new Course(name, net, rival, Course.seeded(net, seed));
        if (batch.isPresent() && batch.getAsInt() != course.batch()) {
            throw new Conv4jException(file + ": --batch " + batch.getAsInt() + " does not go with input "
                    + net.inputs().get(0) + ", which the " + (shapes.isEmpty() ? "model" : "model or --shape")
                    + " fixes");
        }
        return course;
    }

    /** An open first axis is one of images; no other open extent can be guessed. */
    private Shape shape(ModelTensor input) {
        List<Integer> extents = new ArrayList<>();
        for (String dim : input.dims()) {
            Integer extent = number(dim);
            if (extent == null && !extents.isEmpty()) {
                throw new Conv4jException("the shape of input " + input + " is open: give --shape " + input.name() + "="
                        + String.join("x", input.dims()) + " with a number for each name");
            }
            extents.add(extent == null ? batch.orElse(1) : extent);
        }
        return Shape.of(extents);
    }

    private static @Nullable Integer number(String dim) {
        return dim.chars().allMatch(Character::isDigit) ? Integer.valueOf(dim) : null;
    }
}
