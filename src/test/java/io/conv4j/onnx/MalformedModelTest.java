package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a file is said, in conv4j's own exceptions. */
class MalformedModelTest {
    private static ModelWriter relu() {
        return opset(13).input("src", 4).node("Relu", "src", "dst").output("dst");
    }

    private static void malformed(ThrowingCallable reading, String message) {
        assertThatThrownBy(reading).isInstanceOf(ModelFormatException.class).hasMessageContaining(message);
    }

    @Test
    void filesThatAreNoModels(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.onnx");
        malformed(() -> OnnxModel.read(file), "there is no file " + file);
        malformed(() -> OnnxModel.read(folder), folder + " is not a file");
        Files.write(file, new byte[0]);
        malformed(() -> OnnxModel.read(file), file + ": the model is empty");
        byte[] noise = new byte[1000];
        new Random(7).nextBytes(noise);
        Files.write(file, noise);
        malformed(() -> OnnxModel.read(file), file + ": not an ONNX model");
        byte[] whole =
                relu().constant("c", Tensor.of(Shape.of(50), new float[50])).bytes();
        Files.write(file, Arrays.copyOf(whole, whole.length - 20));
        malformed(() -> OnnxModel.read(file), "cut short");
    }

    @Test
    void wiringThatContradictsItself() {
        malformed(relu().node("Relu", "src", "dst")::build, "two nodes make 'dst'");
        malformed(relu().node("Exp", "dst", "src")::build, "makes 'src', which is an input");
        malformed(opset(13).node("Relu", "nothing", "dst").output("dst")::build, "nothing makes 'nothing'");
        malformed(relu().output("absent")::build, "nothing makes 'absent'");
        malformed(
                opset(13)
                        .input("src", 2)
                        .node("Add", "src b", "a")
                        .node("Relu", "a", "b")
                        .output("b")::build,
                "cycle through or before nodes [Add_0, Relu_1]");
        malformed(relu().input("src", 4)::build, "'src' twice");
        malformed(relu().longs("c", 1).longs("c", 1)::build, "two constants are named 'c'");
        malformed(opset(13).input("src", 2).node("Relu", "src", "dst")::build, "no output");
    }

    @Test
    void constantsThatDoNotAddUp() {
        Tensor four = Tensor.of(Shape.of(4), 1, 2, 3, 4);
        malformed(withTensor(ModelWriter.tensor("c", four).toBuilder().setDims(0, 5)), "takes 20 bytes, there are 16");
        malformed(withTensor(ModelWriter.tensor("c", four).toBuilder().setDims(0, -1)), "extent -1");
        malformed(withTensor(ModelWriter.tensor("c", four).toBuilder().setDims(0, 1L << 40)), "extent 1099511627776");
        malformed(
                withTensor(ModelWriter.tensor("c", four).toBuilder()
                        .addDims(1 << 30)
                        .addDims(1 << 30)),
                "more than 2^31 - 1 elements");
        malformed(withTensor(ModelWriter.tensor("c", four).toBuilder().setDataType(99)), "element type 99");
        malformed(
                withTensor(
                        ModelWriter.tensor("c", four).toBuilder().clearRawData().addFloatData(1)),
                "takes 4 numbers, there are 1");
    }

    private static ThrowingCallable withTensor(TensorProto.Builder tensor) {
        ModelWriter writer = relu();
        writer.graph().addInitializer(tensor);
        return writer::build;
    }

    @Test
    void extentsOfInputsThatCannotBe() {
        malformed(
                () -> opset(13)
                        .input("src", -5)
                        .node("Relu", "src", "dst")
                        .output("dst")
                        .build(),
                "an extent of -5");
        assertThat(opset(13)
                        .input("src", -1)
                        .node("Relu", "src", "dst")
                        .output("dst")
                        .model()
                        .inputs()
                        .get(0)
                        .dims())
                .containsExactly("?");
    }

    @Test
    void attributesOfTheWrongKind() {
        malformed(
                opset(13)
                        .input("src", 1, 1, 4)
                        .node("MaxPool", "src", "dst", integer("kernel_shape", 2))
                        .output("dst")::build,
                "attribute 'kernel_shape' should be of type INTS, got INT");
        malformed(
                opset(13).input("src", 1, 1, 4).node("MaxPool", "src", "dst").output("dst")::build,
                "MaxPool (domain ai.onnx, opset 13) at node 'MaxPool_0': attribute 'kernel_shape' is missing");
    }

    @Test
    void everythingUnsupportedIsListedAtOnce() {
        ModelWriter writer = opset(13)
                .input("src", 1, 2, 4, 4)
                .node("Loop", "src", "a")
                .node("Relu", "a", "b")
                .node("Unique", "b", "c")
                .node("Mod", "src src", "d", integer("fmod", 1))
                .node("Add", "c d", "e")
                .output("e");
        writer.graph().getNodeBuilder(2).setDomain("com.example");
        writer.graph()
                .addInitializer(TensorProto.newBuilder()
                        .setName("words")
                        .setDataType(TensorProto.DataType.STRING_VALUE)
                        .addDims(1)
                        .addStringData(ByteString.copyFromUtf8("word")));
        writer.node("Add", "e words", "f").output("f");

        UnsupportedModelException e = catchThrowableOfType(UnsupportedModelException.class, writer::build);

        assertThat(e.problems())
                .hasSize(4)
                .anySatisfy(line -> assertThat(line).contains("Loop (domain ai.onnx, opset 13) at node 'Loop_0'"))
                .anySatisfy(line -> assertThat(line).contains("Unique (domain com.example"))
                .anySatisfy(line -> assertThat(line).contains("fmod=1"))
                .anySatisfy(line -> assertThat(line).contains("'words' holds STRING"));
        assertThat(e).hasMessageContaining("Loop_0").hasMessageContaining("com.example");
    }

    @Test
    void hugeResultsAreNotComputedAtImport() {
        long before = Runtime.getRuntime().totalMemory();
        Conv4jException beyond = catchThrowableOfType(Conv4jException.class, () -> opset(13)
                .longs("n", 1L << 34)
                .node("ConstantOfShape", "n", "dst")
                .output("dst")
                .build());
        assertThat(beyond).hasMessageContaining("ConstantOfShape");

        // Two GB that are never made: the layer stays in the graph.
        assertThat(opset(13)
                        .longs("n", 1L << 29)
                        .node("ConstantOfShape", "n", "dst")
                        .output("dst")
                        .build()
                        .nodes())
                .hasSize(1);
        Conv4jException range = catchThrowableOfType(Conv4jException.class, () -> opset(13)
                .constant("from", Tensor.ofLongs(Shape.of(), 0))
                .constant("to", Tensor.ofLongs(Shape.of(), Long.MAX_VALUE))
                .constant("step", Tensor.ofLongs(Shape.of(), 1))
                .node("Range", "from to step", "dst")
                .output("dst")
                .build());
        assertThat(range).hasMessageContaining("a range of");
        assertThat(Runtime.getRuntime().totalMemory() - before).isLessThan(1L << 30);
    }

    @Test
    void deeplyNestedSubgraphsAreRefused() {
        GraphProto inner =
                opset(13).node("Relu", "src", "a").output("a").graph().build();
        for (int depth = 0; depth < 200; depth++) {
            inner = opset(13)
                    .node("If", "condition", "a", ModelWriter.graph("then_branch", inner))
                    .output("a")
                    .graph()
                    .build();
        }
        GraphProto deep = inner;

        malformed(
                () -> opset(13)
                        .input("src", 1)
                        .constant("condition", Tensor.ofLongs(Shape.of(), 1))
                        .node("If", "condition", "dst", ModelWriter.graph("then_branch", deep))
                        .output("dst")
                        .model(),
                "nesting");
    }
}
