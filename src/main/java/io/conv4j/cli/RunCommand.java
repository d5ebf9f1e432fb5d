package io.conv4j.cli;

import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionDescription;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.runtime.TextTable;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a model once. */
@Command(
        name = "run",
        description = "Runs an ONNX model once on files, pictures or random numbers, and shows its outputs, what ran it"
                + " and how long it took.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Ends with 1 if an output holds NaN or infinities.",
            "Example: conv4j run model.onnx --input photo.jpg --size 224x224 --mean 0.485,0.456,0.406"
                    + " --std 0.229,0.224,0.225 --output results"
        })
final class RunCommand implements Callable<Integer> {
    private static final double NANOS = 1e6;

    @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
    private Path model = Path.of("");

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Folder to write each output to, as .npy under its name; what file names cannot hold becomes _.")
    private @Nullable Path folder;

    @Option(names = "--steps", description = "Show what runs each step too.")
    private boolean steps;

    @Mixin
    private InputFlags inputs = new InputFlags();

    @Mixin
    private SessionFlags flags = new SessionFlags();

    @Mixin
    private Console console = new Console();

    @Override
    public Integer call() throws IOException {
        inputs.check();
        SessionOptions options = flags.options();
        @Nullable OutputFolder output = folder == null ? null : OutputFolder.at(folder);
        long start = System.nanoTime();
        try (Session session = Session.open(model, options)) {
            Map<String, Tensor> from = inputs.tensors(session.inputs());
            Map<String, Shape> shapes = new LinkedHashMap<>();
            from.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
            session.prepare(shapes);
            long prepared = System.nanoTime();
            Map<String, Tensor> to = session.run(from);
            long ran = System.nanoTime();

            RunReport report = new RunReport(
                    session.describe(), (prepared - start) / NANOS, (ran - prepared) / NANOS, to, write(output, to));
            print(report, session.describe());
            console.json(report.fields());
            report.requireFinite();
        }
        return ExitCode.DONE;
    }

    private static Map<String, Path> write(@Nullable OutputFolder output, Map<String, Tensor> results) {
        Map<String, Path> written = new LinkedHashMap<>();
        if (output != null) {
            results.forEach((name, tensor) -> written.put(name, output.write(name, tensor)));
        }
        return written;
    }

    private void print(RunReport report, SessionDescription description) {
        PrintWriter text = console.text();
        text.print(TextTable.of(report.rows()));
        text.print(report.summary());
        if (steps) {
            text.println();
            text.print(description);
        }
        text.flush();
    }
}
