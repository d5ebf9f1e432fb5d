package io.conv4j.cli;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.runtime.Backends;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.runtime.TensorInfo;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.validate.Validation;
import io.conv4j.validate.Validator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares two back ends on one model. */
@Command(
        name = "validate",
        description =
                "Runs an ONNX model on two back ends with the same inputs and compares the outputs. If one differs,"
                        + " the layers are compared in the order of execution up to the first that does.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Equal: the squared error over the squared values (NMSE) of each output is within what is allowed, integers are",
            "the same, nothing is NaN or infinite or zero without reason, and a second run gives the same bits.",
            "Ends with 1 if an output differs.",
            "Example: conv4j validate model.onnx --input photo.jpg --size 224x224"
        })
final class ValidateCommand implements Callable<Integer> {
    private final Function<Graph, Validator> validators;

    @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
    private Path model = Path.of("");

    @Option(names = "--against", paramLabel = "NAME", description = "The back end to compare with. Default: java.")
    private @Nullable String reference;

    @Option(
            names = "--tolerance",
            paramLabel = "NMSE",
            description = "The largest NMSE that counts as equal. Default: 1e-7, with --precision bf16 1e-3.")
    private @Nullable Double tolerance;

    @Option(names = "--all-layers", description = "Show every layer, not only those up to the first that differs.")
    private boolean allLayers;

    @Mixin
    private InputFlags inputs = new InputFlags();

    @Mixin
    private SessionFlags flags = new SessionFlags();

    @Mixin
    private Console console = new Console();

    ValidateCommand() {
        this(Validator::of);
    }

    ValidateCommand(Function<Graph, Validator> validators) {
        this.validators = validators;
    }

    @Override
    public Integer call() throws IOException {
        inputs.check();
        SessionOptions options = flags.options();
        OnnxModel read = OnnxModel.read(model);
        Map<String, Tensor> given = inputs.tensors(read.inputs().stream()
                .map(input -> new TensorInfo(input.name(), input.type(), input.dims()))
                .toList());
        Graph graph = graph(read, given);
        List<Tensor> ordered = graph.inputs().stream()
                .map(Value::name)
                .map(name -> Objects.requireNonNull(given.get(name), name))
                .toList();
        Validator validator = validator(graph, options);
        Validation validation = allLayers ? validator.allLayers(ordered) : validator.run(ordered);

        console.text().print(validation);
        console.text().flush();
        console.json(ValidationFields.of(validation));
        return validation.equal() ? ExitCode.DONE : ExitCode.CHECK_FAILED;
    }

    private static Graph graph(OnnxModel model, Map<String, Tensor> inputs) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return model.bindShapes(inputs).graph(shapes);
    }

    private Validator validator(Graph graph, SessionOptions options) {
        Validator validator = validators
                .apply(graph)
                .intraOpThreads(options.intraOpThreads())
                .precision(options.execution().precision())
                .algorithms(options.execution().algorithms());
        Set<String> keptF32 = options.execution().keptF32();
        if (keptF32 != null) {
            validator = validator.keptF32(keptF32);
        }
        if (!options.backend().equals(Backends.AUTO)) {
            validator = validator.subject(options.backend());
        }
        if (reference != null) {
            validator = validator.reference(reference);
        }
        return tolerance == null ? validator : validator.tolerance(tolerance);
    }
}
