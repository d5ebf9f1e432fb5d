package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The reader of protobuf's encoding, against protobuf's own writer and against bytes that are wrong. */
class WireReaderTest {
    private static WireReader reader(int... bytes) {
        byte[] array = new byte[bytes.length];
        for (int i = 0; i < array.length; i++) {
            array[i] = (byte) bytes[i];
        }
        return new WireReader(new ModelBytes.InMemory(ByteBuffer.wrap(array)));
    }

    private static TensorMessage message(TensorProto written) {
        return TensorMessage.of(new WireReader(new ModelBytes.InMemory(ByteBuffer.wrap(written.toByteArray()))));
    }

    @Test
    void readsWhatProtobufWrites() {
        TensorProto written = TensorProto.newBuilder()
                .setName("größe")
                .setDataType(TensorProto.DataType.INT64_VALUE)
                .addAllDims(List.of(3L, 1L))
                .addAllInt64Data(List.of(-1L, Long.MIN_VALUE, 300L))
                .setDocString("x".repeat(20_000))
                .build();

        TensorMessage read = message(written);

        assertThat(read.name()).isEqualTo("größe");
        assertThat(read.dims().count()).isEqualTo(2);
        assertThat(new TensorReader(ExternalData.none()).read(read).toLongs()).containsExactly(-1, Long.MIN_VALUE, 300);
    }

    @Test
    void readsNumbersSideBySideOrOneByOne() {
        Numbers numbers = new Numbers();
        // Field 1: 5; field 1: 6 and 300 side by side.
        WireReader in = reader(0x08, 5, 0x0a, 3, 6, 0xac, 0x02);
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            assertThat(numbers.read(in, tag, 1, WireReader.VARINT)).isTrue();
        }

        assertThat(numbers.count()).isEqualTo(3);
        assertThat(numbers.get(2)).isEqualTo(300);
    }

    @Test
    void readsFloatsOfAnyFieldOfNumbers() {
        Tensor floats = new TensorReader(ExternalData.none())
                .read(message(TensorProto.newBuilder()
                        .setDataType(TensorProto.DataType.FLOAT_VALUE)
                        .addDims(2)
                        .addAllFloatData(List.of(1.5f, -0f))
                        .build()));
        Tensor doubles = new TensorReader(ExternalData.none())
                .read(message(TensorProto.newBuilder()
                        .setDataType(TensorProto.DataType.DOUBLE_VALUE)
                        .addDims(1)
                        .addDoubleData(-2.25)
                        .build()));

        assertThat(floats.toFloats()).containsExactly(1.5f, -0f);
        assertThat(doubles.toFloats()).containsExactly(-2.25f);
    }

    @Test
    void readsOverTheEndOfItsBuffer() {
        byte[] bytes = new byte[3 * 8192];
        Arrays.fill(bytes, (byte) 'a');
        int length = bytes.length - 4;
        bytes[0] = 0x0a;
        bytes[1] = (byte) (length & 0x7f | 0x80);
        bytes[2] = (byte) (length >>> 7 & 0x7f | 0x80);
        bytes[3] = (byte) (length >>> 14);
        ModelBytes parts = new ModelBytes.InParts(
                List.of(Arrays.copyOf(bytes, 16_384), Arrays.copyOfRange(bytes, 16_384, bytes.length)),
                16_384,
                bytes.length);
        WireReader in = new WireReader(parts);

        assertThat(in.tag()).isEqualTo(WireReader.tag(1, WireReader.BYTES));
        assertThat(in.text()).isEqualTo("a".repeat(length));
        assertThat(in.tag()).isZero();
    }

    @Test
    void refusesWhatIsNotThere() {
        malformed(reader(0x0a, 5, 'a'), "ends within a field");
        malformed(reader(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), "ends within a field");
        malformed(reader(0x09, 1, 2), "ends within a field");
        malformed(reader(0x0b), "groups");
        assertThatThrownBy(reader(0x00)::tag).hasMessageContaining("number 0");
        assertThatThrownBy(reader(0x80)::tag).hasMessageContaining("ends within a field");
        assertThatThrownBy(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)::tag)
                .hasMessageContaining("ten bytes");
    }

    private static void malformed(WireReader in, String message) {
        int tag = in.tag();
        assertThatThrownBy(() -> in.skip(tag))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(message);
    }
}
