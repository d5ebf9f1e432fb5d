package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights in files beside the model. */
class ExternalDataTest {
    private static final float[] WEIGHTS = {1, 2, 3, 4};

    @TempDir
    private Path outside = Path.of("");

    private Path folder = Path.of("");

    @BeforeEach
    void writeFolders() throws IOException {
        folder = Files.createDirectory(outside.resolve("model"));
        Files.write(outside.resolve("secret.bin"), new byte[64]);
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + 16).order(ByteOrder.LITTLE_ENDIAN).position(8);
        bytes.asFloatBuffer().put(WEIGHTS);
        Files.write(folder.resolve("weights.bin"), bytes.array());
    }

    private byte[] model(String location, String offset, String length) {
        ModelWriter writer = ModelWriter.opset(13)
                .input("src", 4)
                .node("Add", "src w", "dst")
                .output("dst");
        TensorProto.Builder tensor = writer.graph()
                .addInitializerBuilder()
                .setName("w")
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addDims(4)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        tensor.addExternalDataBuilder().setKey("location").setValue(location);
        tensor.addExternalDataBuilder().setKey("offset").setValue(offset);
        tensor.addExternalDataBuilder().setKey("length").setValue(length);
        return writer.bytes();
    }

    private OnnxModel read(String location, String offset, String length) throws IOException {
        return OnnxModel.read(Files.write(folder.resolve("model.onnx"), model(location, offset, length)));
    }

    private static float[] weights(OnnxModel model) {
        Tensor weights = model.graph().constants().values().iterator().next();
        return weights.toFloats();
    }

    @Test
    void weightsAreReadFromTheFolder() throws IOException {
        assertThat(weights(read("weights.bin", "8", "16"))).containsExactly(WEIGHTS);
        assertThat(weights(read("./weights.bin", "8", "16"))).containsExactly(WEIGHTS);
    }

    @ParameterizedTest
    @CsvSource({
        "../secret.bin, 0, 16, lies outside",
        "x/../../secret.bin, 0, 16, lies outside",
        "absent.bin, 0, 16, there is no such file",
        "weights.bin, 12, 16, has 24 bytes",
        "weights.bin, 9223372036854775807, 16, has 24 bytes",
        "weights.bin, -1, 16, offset '-1'",
        "weights.bin, x, 16, offset 'x'",
        "weights.bin, 8, 12, 'is said to have 12'"
    })
    void whatIsNotThereIsRefused(String location, String offset, String length, String message) {
        assertThatThrownBy(() -> read(location, offset, length))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.onnx")
                .hasMessageContaining("'w'")
                .hasMessageContaining(message);
    }

    @Test
    void linksAndAbsolutePathsDoNotLeadOut() throws IOException {
        Path secret = outside.resolve("secret.bin");
        Files.createSymbolicLink(folder.resolve("link.bin"), secret);
        Files.createSymbolicLink(folder.resolve("up"), outside);

        for (String location : new String[] {"link.bin", "up/secret.bin", secret.toString()}) {
            assertThatThrownBy(() -> read(location, "0", "16"))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining("outside the model's folder");
        }
    }

    @Test
    void bytesNeedSomebodyWhoFindsTheData() {
        byte[] bytes = model("weights.bin", "8", "16");

        assertThatThrownBy(() -> OnnxModel.read(bytes))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("read the model by its path");
        OnnxModel found = OnnxModel.read(bytes, (location, offset, length) -> {
            assertThat(location).isEqualTo("weights.bin");
            byte[] all = Files.readAllBytes(folder.resolve(location));
            return ByteBuffer.wrap(all, (int) offset, (int) length);
        });
        assertThat(weights(found)).containsExactly(WEIGHTS);
    }

    @Test
    void modelsStayReadableWhenTheFileIsGone() throws IOException {
        OnnxModel model = read("weights.bin", "8", "16");
        Files.write(folder.resolve("model.onnx"), new byte[0]);
        Files.delete(folder.resolve("weights.bin"));

        assertThat(weights(model)).containsExactly(WEIGHTS);
    }
}
