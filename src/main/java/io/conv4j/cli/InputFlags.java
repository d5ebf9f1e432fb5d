package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.runtime.TensorInfo;
import io.conv4j.tensor.Npy;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import io.conv4j.validate.SeededInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of what a network is fed with. */
final class InputFlags {
    @Option(
            names = "--input",
            paramLabel = "[NAME=]FILE",
            description = "What to feed an input with: .npy, or a picture. Without a name: the first input not named"
                    + " yet. Repeatable. Inputs without a file get random numbers.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--shape",
            paramLabel = "NAME=SHAPE",
            description =
                    "Shape of an input that gets random numbers, as src=1x3x224x224; needed where the model leaves"
                            + " it open. Repeatable.")
    private Map<String, Shape> shapes = new LinkedHashMap<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of the random numbers. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Mixin
    private PictureFlags pictures = new PictureFlags();

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** Fails if the options are wrong by themselves, whatever the model. */
    void check() {
        if (!pictures.complaint().isEmpty()) {
            throw wrong(pictures.complaint());
        }
    }

    /**
     * The tensors for these inputs, by name.
     *
     * @throws Conv4jException if a file does not suit its input, or there is no such input
     */
    Map<String, Tensor> tensors(List<TensorInfo> inputs) throws IOException {
        Map<String, Path> assigned = assign(inputs);
        for (String name : shapes.keySet()) {
            find(name, inputs);
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        List<TensorType> types = new ArrayList<>();
        for (TensorInfo input : inputs) {
            Path file = assigned.get(input.name());
            if (file != null) {
                tensors.put(input.name(), read(file, input));
            }
            types.add(new TensorType(input.type(), file == null ? chosenShape(input) : Shape.of()));
        }
        List<Tensor> random = SeededInputs.of(types, seed);
        for (int i = 0; i < inputs.size(); i++) {
            tensors.putIfAbsent(inputs.get(i).name(), random.get(i));
        }
        return tensors;
    }

    private Map<String, Path> assign(List<TensorInfo> inputs) {
        Map<String, Path> assigned = new LinkedHashMap<>();
        List<String> nameless = new ArrayList<>();
        for (String file : files) {
            Optional<TensorInfo> named =
                    inputs.stream().filter(i -> file.startsWith(i.name() + "=")).findFirst();
            if (named.isEmpty()) {
                nameless.add(file);
            } else if (assigned.put(
                            named.get().name(),
                            Path.of(file.substring(named.get().name().length() + 1)))
                    != null) {
                throw wrong("input '" + named.get().name() + "' is given twice");
            }
        }
        for (String file : nameless) {
            TensorInfo next = inputs.stream()
                    .filter(input -> !assigned.containsKey(input.name()))
                    .findFirst()
                    .orElseThrow(() -> new Conv4jException("surplus input " + file + ": the model takes " + inputs));
            assigned.put(next.name(), withoutStrangeName(file, inputs));
        }
        return assigned;
    }

    /** A file name may hold a = as well; if there is no such file, it was meant to separate a name. */
    private static Path withoutStrangeName(String file, List<TensorInfo> inputs) {
        Path path = Path.of(file);
        int separator = file.indexOf('=');
        if (separator > 0 && !path.toFile().exists()) {
            find(file.substring(0, separator), inputs);
        }
        return path;
    }

    private static TensorInfo find(String name, List<TensorInfo> inputs) {
        return inputs.stream()
                .filter(input -> input.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Conv4jException("there is no input '" + name + "': the model takes " + inputs));
    }

    private Shape chosenShape(TensorInfo input) {
        Shape asked = shapes.get(input.name());
        if (asked != null) {
            return asked;
        }
        return input.shape()
                .orElseThrow(() -> new Conv4jException("the shape of input " + input
                        + " is open: give --input " + input.name() + "=FILE or --shape " + input.name() + "="
                        + String.join("x", input.dims())
                        + " with a number for each name"));
    }

    private Tensor read(Path file, TensorInfo input) throws IOException {
        boolean npy = file.toString().toLowerCase(Locale.ROOT).endsWith(".npy");
        Tensor tensor = npy ? Npy.read(file) : pictures.read(file, input);
        Shape asked = shapes.get(input.name());
        if (asked != null && !asked.equals(tensor.shape())) {
            throw new Conv4jException(
                    "--shape " + input.name() + "=" + asked + " contradicts " + file + ", which is " + tensor.shape());
        }
        Summary summary = Summary.of(tensor);
        if (summary.nonFinite() > 0) {
            throw new Conv4jException(file + " holds " + summary.nonFinite()
                    + " numbers that are NaN or infinite, the first at " + summary.firstNonFinite());
        }
        return tensor;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(command).commandLine(), message);
    }
}
