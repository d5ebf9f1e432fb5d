package io.conv4j.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.MessageLite;
import io.conv4j.Conv4jException;
import io.conv4j.runtime.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests about tests: each kind of outcome, and that nothing ends the whole run. */
class OnnxTestsTest {
    private final Path folder;

    OnnxTestsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void aRightResultPasses() throws IOException {
        Path test = test("right", model("Relu"), floats(-1, 2, Float.NaN), floats(0, 2.001f, Float.NaN));
        expect(test, OnnxTests.Outcome.PASSED, "");
        assertThat(run(test)).hasToString("PASSED " + test);
    }

    @Test
    void aWrongResultFailsWithItsPlace() throws IOException {
        Path test = test("wrong", model("Relu"), floats(-1, 2, 3), floats(0, 2.01f, 4));
        expect(
                test,
                OnnxTests.Outcome.FAILED,
                "output 'dst': 2 of 3 elements are wrong, the first at [1]: got 2.0, want 2.009999990463257");
    }

    @Test
    void anotherShapeFails() throws IOException {
        Path test = test("shape", model("Relu"), floats(-1, 2, 3), floats(0, 2));
        expect(test, OnnxTests.Outcome.FAILED, "output 'dst': got f32 3, want f32 2");
    }

    @Test
    void infinitiesAndNanAreRightOnlyWhereTheyAreExpected() throws IOException {
        float infinity = Float.POSITIVE_INFINITY;
        Path right = test("infinite", model("Relu"), floats(infinity, 1, 2), floats(infinity, 1, 2));
        expect(right, OnnxTests.Outcome.PASSED, "");
        Path wrong = test("finite", model("Relu"), floats(infinity, Float.NaN, 1), floats(3, 1, infinity));
        assertThat(run(wrong).reason()).startsWith("output 'dst': 3 of 3 elements are wrong");
    }

    @Test
    void theSecondDataSetCounts() throws IOException {
        Path test = test("second", model("Relu"), floats(-1), floats(0));
        dataSet(test, 1, floats(5), floats(6));
        assertThat(run(test).reason()).contains("got 5.0, want 6.0");
    }

    @Test
    void whatIsNotSupportedIsSkippedWithItsReason() throws IOException {
        Path test = test("unsupported", model("NoSuchOperator"), floats(1), floats(1));
        OnnxTests.Result result = run(test);
        assertThat(result.outcome()).isEqualTo(OnnxTests.Outcome.SKIPPED);
        assertThat(result.reason()).startsWith("NoSuchOperator (domain ai.onnx, opset 13)");
    }

    @Test
    void sequencesAreSkippedWithAReason() throws IOException {
        TypeProto sequence = TypeProto.newBuilder()
                .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(f32()))
                .build();
        Path test = test("sequence", model("Identity", sequence), floats(1), floats(1));
        OnnxTests.Result result = run(test);
        assertThat(result.outcome()).isEqualTo(OnnxTests.Outcome.SKIPPED);
        assertThat(result.reason()).contains("'src' is not a tensor but SEQUENCE_TYPE");
    }

    @Test
    void withoutDataThereIsNothingToCompareWith() throws IOException {
        Path test = Files.createDirectory(folder.resolve("bare"));
        Files.write(test.resolve("model.onnx"), model("Relu").toByteArray());
        expect(test, OnnxTests.Outcome.SKIPPED, "there is no test_data_set_0 to compare with");
    }

    @Test
    void brokenFilesFailAndDoNotEndTheRun() throws IOException {
        Path cut = test("cut", model("Relu"), floats(1), floats(1));
        Path model = cut.resolve("model.onnx");
        Files.write(model, Arrays.copyOf(Files.readAllBytes(model), 40));
        assertThat(run(cut).outcome()).isEqualTo(OnnxTests.Outcome.FAILED);

        Path noise = test("noise", model("Relu"), floats(1), floats(1));
        Files.write(noise.resolve("test_data_set_0/input_0.pb"), new byte[] {1, 2, 3, 4, 5});
        assertThat(run(noise).outcome()).isEqualTo(OnnxTests.Outcome.FAILED);

        Path surplus = test("surplus", model("Relu"), floats(1), floats(1));
        Files.write(surplus.resolve("test_data_set_0/input_1.pb"), floats(1).toByteArray());
        assertThat(run(surplus).reason()).contains("has 2 inputs, the model takes 1");
        assertThat(run(folder.resolve("nowhere")).outcome()).isEqualTo(OnnxTests.Outcome.SKIPPED);
        for (Path test : List.of(cut, noise, surplus)) {
            assertThat(run(test).reason()).isNotBlank().doesNotContain("unforeseen", "\n");
        }
    }

    @Test
    void findsTestsEverywhereBelowOnceAndSorted() throws IOException {
        Path b = test("b", model("Relu"), floats(1), floats(1));
        Path a = test("a", model("Relu"), floats(1), floats(1));
        assertThat(OnnxTests.find(List.of(folder, b))).containsExactly(a, b);
        assertThat(OnnxTests.find(List.of(a))).containsExactly(a);
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThatThrownBy(() -> OnnxTests.find(List.of(b, empty)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("there is no test in " + empty);
    }

    private static void expect(Path test, OnnxTests.Outcome outcome, String reason) {
        assertThat(run(test)).isEqualTo(new OnnxTests.Result(test, outcome, reason));
    }

    private static OnnxTests.Result run(Path test) {
        return OnnxTests.run(test, SessionOptions.throughput().backend("java"));
    }

    private Path test(String name, ModelProto model, TensorProto input, TensorProto output) throws IOException {
        Path test = Files.createDirectory(folder.resolve(name));
        write(test.resolve("model.onnx"), model);
        dataSet(test, 0, input, output);
        return test;
    }

    private static void dataSet(Path test, int number, TensorProto input, TensorProto output) throws IOException {
        Path dataSet = Files.createDirectory(test.resolve("test_data_set_" + number));
        write(dataSet.resolve("input_0.pb"), input);
        write(dataSet.resolve("output_0.pb"), output);
    }

    private static void write(Path file, MessageLite message) throws IOException {
        Files.write(file, message.toByteArray());
    }

    private static ModelProto model(String operator) {
        return model(operator, f32());
    }

    private static ModelProto model(String operator, TypeProto type) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(GraphProto.newBuilder()
                        .setName("test")
                        .addNode(NodeProto.newBuilder()
                                .setOpType(operator)
                                .addInput("src")
                                .addOutput("dst"))
                        .addInput(ValueInfoProto.newBuilder().setName("src").setType(type))
                        .addOutput(ValueInfoProto.newBuilder().setName("dst").setType(type)))
                .build();
    }

    private static TypeProto f32() {
        TensorShapeProto.Builder vector = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
        return TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(vector))
                .build();
    }

    private static TensorProto floats(float... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addDims(values.length);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        return tensor.build();
    }
}
