package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What README shows is what works: its Java is compiled and run, its commands are run. */
class ReadmeTest {
    /** Runs this very test. */
    private static final Set<String> NOT_RUN_HERE = Set.of("mvn -B verify");

    private static final String LAUNCHER = "./conv4j ";

    private static final String FRAME = """
            import io.conv4j.graph.*;
            import io.conv4j.layer.*;
            import io.conv4j.runtime.*;
            import io.conv4j.tensor.*;
            import java.nio.file.Path;

            public class Example {
                public static void run(String model) throws Exception {
                    float[] pixels = new float[3 * 224 * 224];
                    Tensor weights = Tensor.zeros(DataType.F32, Shape.of(8, 3, 3, 3));
                    Tensor bias = Tensor.zeros(DataType.F32, Shape.of(8));
                    Tensor upWeights = Tensor.zeros(DataType.F32, Shape.of(8, 1, 4, 4));
                    %s
                }
            }
            """;

    @TempDir
    private Path folder = Path.of("");

    private static List<String> blocks(String language) throws IOException {
        Matcher block = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("README.md")));
        return block.results().map(found -> found.group(1)).toList();
    }

    /** A model of one layer on 1x3x224x224. */
    private static byte[] relu() {
        TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE);
        for (int extent : List.of(1, 3, 224, 224)) {
            type.getShapeBuilder().addDimBuilder().setDimValue(extent);
        }
        TypeProto tensor = TypeProto.newBuilder().setTensorType(type).build();
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("relu")
                        .addInput(ValueInfoProto.newBuilder().setName("x").setType(tensor))
                        .addOutput(ValueInfoProto.newBuilder().setName("y").setType(tensor))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("Relu")
                                .addInput("x")
                                .addOutput("y")))
                .build()
                .toByteArray();
    }

    @Test
    void javaCompilesAndRuns() throws Exception {
        Path model = folder.resolve("model.onnx");
        Files.write(model, relu());
        List<String> blocks = blocks("java");
        assertThat(blocks).hasSize(2);
        for (String block : blocks) {
            Path source = folder.resolve("Example.java");
            Files.writeString(source, FRAME.formatted(block.replace("\"model.onnx\"", "model")));
            ByteArrayOutputStream messages = new ByteArrayOutputStream();
            int status = ToolProvider.getSystemJavaCompiler()
                    .run(
                            null,
                            messages,
                            messages,
                            "-proc:none",
                            "-cp",
                            System.getProperty("java.class.path"),
                            source.toString());
            assertThat(status).as(messages.toString(StandardCharsets.UTF_8)).isZero();
            try (URLClassLoader loader =
                    new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
                loader.loadClass("Example").getMethod("run", String.class).invoke(null, model.toString());
            }
        }
    }

    @Test
    void commandsRun() throws IOException {
        List<String> commands = blocks("sh").stream().flatMap(String::lines).toList();
        assertThat(commands).hasSizeGreaterThan(4);
        for (String command : commands) {
            if (NOT_RUN_HERE.contains(command)) {
                continue;
            }
            assertThat(command).startsWith(LAUNCHER);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int code = Main.run(
                    command.substring(LAUNCHER.length()).split(" ", -1), new PrintStream(out), new PrintStream(err));
            assertThat(code).as(command + ": " + err).isZero();
            assertThat(out.size()).as(command).isPositive();
        }
    }
}
