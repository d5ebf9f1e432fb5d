package io.conv4j.cli;

import io.conv4j.graph.Graph;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.runtime.TextTable;
import io.conv4j.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Finds the text in a picture, on two back ends. */
@Command(
        name = "demo",
        description = "Finds the text in a picture with a real network, PP-OCRv4's text detection, checks the result"
                + " against plain Java, and writes the picture with boxes around the text, and the map of how likely"
                + " each pixel is text.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Ends with 1 if the back ends differ or, on its own street sign, a word is not found.",
            "Example: conv4j demo holiday.jpg --output found"
        })
final class DemoCommand implements Callable<Integer> {
    private static final String JAVA = "java";
    private static final int RUNS = 5;

    @Parameters(
            arity = "0..1",
            paramLabel = "PICTURE",
            description = "A PNG or JPEG. Default: a street sign that the demo draws itself.")
    private @Nullable Path file;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder to write boxes.png and probability.png to. Default: target/demo.")
    private Path folder = Path.of(System.getProperty("conv4j.home", ""), "target", "demo");

    @Mixin
    private SessionFlags flags = new SessionFlags();

    @Mixin
    private Console console = new Console();

    @Override
    public Integer call() throws IOException {
        SessionOptions options = flags.options();
        OutputFolder output = OutputFolder.at(folder);
        @Nullable StreetSign sign = file == null ? StreetSign.draw() : null;
        BufferedImage picture = sign == null ? Picture.read(java.util.Objects.requireNonNull(file)) : sign.picture();

        Tensor input = TextDetection.input(picture);
        OnnxModel model = OnnxModel.read(TextDetection.network());
        Graph graph = model.graph(Map.of(model.inputs().get(0).name(), input.shape()));
        Timed subject = Timed.run(graph, input, options, RUNS);
        @Nullable Timed judge = subject.backend().equals(JAVA)
                ? null
                : Timed.run(graph, input, SessionOptions.defaults().backend(JAVA), 1);

        List<TiltedBox> boxes = TextDetection.boxes(subject.result(), picture);
        DemoReport report = new DemoReport(input.shape(), subject, judge, boxes, sign);
        Path framed = output.write("boxes", TextDetection.framed(picture, boxes));
        Path map = output.write("probability", TextDetection.map(subject.result()));
        console.text().print(TextTable.of(report.rows(file, List.of(framed, map))));
        console.text().flush();
        console.json(report.fields(file, List.of(framed, map)));
        report.requireGood();
        return ExitCode.DONE;
    }
}
