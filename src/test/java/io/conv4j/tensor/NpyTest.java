package io.conv4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors as .npy files: what comes back, and what is refused. */
class NpyTest {
    private final Path folder;

    NpyTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void writesAndReadsEveryType(DataType type) throws IOException {
        for (Shape shape : new Shape[] {Shape.of(), Shape.of(3), Shape.of(2, 0), Shape.of(1, 2, 3)}) {
            Tensor tensor = Tensor.zeros(type, shape);
            for (int i = 0; i < shape.elements(); i++) {
                tensor.set(i, i);
            }
            Tensor back = Npy.read(file(written(tensor)));
            assertThat(back.type()).isEqualTo(tensor.type());
            assertThat(back.bytes()).isEqualTo(tensor.bytes());
        }
    }

    @Test
    void writesWhatNumpyWrites() throws IOException {
        byte[] bytes = written(Tensor.of(Shape.of(1, 2), 1f, 2f));
        String header = new String(bytes, 10, 118, StandardCharsets.US_ASCII);
        assertThat(Arrays.copyOf(bytes, 10)).containsExactly(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0);
        assertThat(header.strip()).isEqualTo("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }");
        assertThat(header).endsWith("\n");
        assertThat(bytes).hasSize(128 + 8);
        assertThat(new String(written(Tensor.of(Shape.of(1), 1f)), StandardCharsets.ISO_8859_1))
                .contains("'shape': (1,), }");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsEveryVersionAndAnyOrderOfFields(int version) throws IOException {
        Tensor tensor = Npy.read(npy(version, "{'shape': (2,1), 'fortran_order': False, 'descr': '<i8'}\n", 16));
        assertThat(tensor.type()).isEqualTo(new TensorType(DataType.S64, Shape.of(2, 1)));
        assertThat(tensor.toLongs()).containsExactly(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    }

    @Test
    void readsTruthAsZeroOrOne() throws IOException {
        Tensor tensor = Npy.read(npy(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", 3));
        assertThat(tensor.toLongs()).containsExactly(0, 1, 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } | 16 | astype('float32')",
                "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), } | 8 | numpy type '>f4'",
                "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), } | 16 | ascontiguousarray",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), } | 16 | it has 16 bytes of data",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000,), } | 16 | takes 8000000000",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999), } | 16 | more than 2^31",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), } | 16 | no number",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), } | 16 | no shape",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2,), } | 16 | no number",
                "{'descr': '<f4', 'shape': (1,), } | 4 | no fortran_order",
                "nothing | 4 | no descr",
            })
    void refusesWhatItWouldReadWrongly(String header, int bytes, String message) throws IOException {
        Path file = npy(1, header, bytes);
        assertThatThrownBy(() -> Npy.read(file))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(file.toString());
    }

    @Test
    void refusesEveryCut() throws IOException {
        byte[] whole = written(Tensor.of(Shape.of(3), 1f, 2f, 3f));
        for (int length = 0; length < whole.length; length++) {
            Path cut = file(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Npy.read(cut)).as("%d bytes", length).isInstanceOf(Conv4jException.class);
        }
    }

    @Test
    void refusesHeadersTooLargeAndStrangersBeforeAllocating() throws IOException {
        byte[] claim = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
        assertThatThrownBy(() -> Npy.read(file(claim))).hasMessageContaining("header claims 2147483647 bytes");
        claim[11] = (byte) 0xff;
        assertThatThrownBy(() -> Npy.read(file(claim))).hasMessageContaining("header claims 4294967295 bytes");
        claim[6] = 4;
        assertThatThrownBy(() -> Npy.read(file(claim))).hasMessageContaining("does not begin as a .npy");
    }

    private static byte[] written(Tensor tensor) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        Npy.write(Channels.newChannel(stream), tensor);
        return stream.toByteArray();
    }

    private Path npy(int version, String header, int bytes) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        ByteBuffer length =
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(header.length());
        content.write(length.array(), 0, version == 1 ? 2 : 4);
        content.write(header.getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < bytes; i++) {
            content.write(i);
        }
        return file(content.toByteArray());
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(Files.createTempFile(folder, "tensor", ".npy"), content);
    }
}
