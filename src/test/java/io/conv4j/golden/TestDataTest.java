package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The readers of what the goldens are stored in. */
class TestDataTest {
    private final Path folder;

    TestDataTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void readsNpyOfLongs() throws IOException {
        Tensor tensor = Npy.read(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1), }   \n", 16));
        assertThat(tensor.dataType()).isEqualTo(DataType.S64);
        assertThat(tensor.shape()).isEqualTo(Shape.of(2, 1));
        assertThat(tensor.toLongs()).containsExactly(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    }

    @Test
    void readsNpyOfOneFloatWithoutAxes() throws IOException {
        Tensor tensor = Npy.read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", 4));
        assertThat(tensor.shape()).isEqualTo(Shape.of());
        assertThat(tensor.toFloats()).containsExactly(Float.intBitsToFloat(0x03020100));
    }

    @Test
    void refusesNpyItWouldReadWrongly() throws IOException {
        Path fortran = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n", 16);
        assertThatThrownBy(() -> Npy.read(fortran)).hasMessageContaining("no .npy of <f4 or <i8 in C order");
        Path cut = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }\n", 16);
        assertThatThrownBy(() -> Npy.read(cut)).hasMessageContaining("has 16 bytes of data");
    }

    @Test
    void readsJson() throws IOException {
        Path file = folder.resolve("meta.json");
        Files.writeString(file, "{\"a\": [1, 2.5e-1, \"x\"], \"b\": {\"c\": -7}}");
        Json json = Json.read(file);
        assertThat(json.get("a").list()).hasSize(3);
        assertThat(json.get("a").list().get(1).number()).isEqualTo(0.25);
        assertThat(json.get("a").list().get(2).text()).isEqualTo("x");
        assertThat(json.get("b").get("c").number()).isEqualTo(-7);
        assertThatThrownBy(() -> json.get("z")).hasMessageContaining("no field 'z' among [a, b]");
        assertThatThrownBy(() -> json.get("a").number()).hasMessageContaining("expected Double");
    }

    private Path npy(String header, int bytes) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        file.write(ByteBuffer.allocate(2)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) header.length())
                .array());
        file.write(header.getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < bytes; i++) {
            file.write(i);
        }
        return Files.write(Files.createTempFile(folder, "tensor", ".npy"), file.toByteArray());
    }
}
