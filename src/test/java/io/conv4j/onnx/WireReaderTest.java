package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.Test;

/** The reader of messages, against what protobuf writes and against bytes that are wrong. */
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
        String inTheMiddle = "ended unexpectedly in the middle of a field";
        malformed(reader(0x0a, 5, 'a'), inTheMiddle);
        malformed(reader(0x0a, 0xff, 0xff, 0xff, 0xff, 0x07), inTheMiddle);
        malformed(reader(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), "negative size");
        malformed(reader(0x09, 1, 2), inTheMiddle);
        malformed(reader(0x0b), "groups");
        malformed(reader(0x0c), "groups");
        malformed(reader(0x0e), "invalid wire type");
        refused(reader(0x00)::tag, "invalid tag (zero)");
        refused(reader(0x80)::tag, inTheMiddle);
        refused(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)::tag, "malformed varint");
    }

    @Test
    void refusesLengthsOfMoreThanThereIs() {
        for (int top : new int[] {0x07, 0x0f}) {
            // 2^31 - 1 and -1, in a message of seven bytes.
            int[] bytes = {0x0a, 0xff, 0xff, 0xff, 0xff, top, 'a'};
            for (ThrowingConsumer<WireReader> reading :
                    List.<ThrowingConsumer<WireReader>>of(WireReader::text, WireReader::length, WireReader::enter)) {
                WireReader in = reader(bytes);
                in.tag();
                assertThatThrownBy(() -> reading.accept(in)).isInstanceOf(ModelFormatException.class);
            }
        }
    }

    @Test
    void refusesMessagesThatGoBeyondTheirOuterOne() {
        // A message of two bytes, in which one of four begins; the bytes are there.
        WireReader in = reader(0x0a, 2, 0x0a, 4, 1, 2, 3, 4);
        in.tag();
        in.enter();
        in.tag();

        refused(in::enter, "wrong length");
    }

    @Test
    void refusesMoreThanAHundredLevels() {
        byte[] levels = {};
        for (int i = 0; i < 101; i++) {
            levels = UnknownFieldSet.newBuilder()
                    .addField(
                            1,
                            UnknownFieldSet.Field.newBuilder()
                                    .addLengthDelimited(ByteString.copyFrom(levels))
                                    .build())
                    .build()
                    .toByteArray();
        }
        WireReader in = new WireReader(new ModelBytes.InMemory(ByteBuffer.wrap(levels)));
        for (int level = 0; level < 100; level++) {
            in.tag();
            in.enter();
        }
        in.tag();

        refused(in::enter, "more than 100 levels");
    }

    /** A file of the largest size, of whose one field, as long as there can be, only the ends are read. */
    @Test
    void passesOverWithoutReading() {
        int length = Integer.MAX_VALUE - 6;
        byte[] head = {0x0a, (byte) (length | 0x80), (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07};
        long[] read = {0};
        ModelBytes largest = new ModelBytes() {
            @Override
            public long size() {
                return Integer.MAX_VALUE;
            }

            @Override
            public void read(long position, ByteBuffer dst) {
                for (long at = position; dst.hasRemaining(); at++, read[0]++) {
                    dst.put(at < head.length ? head[(int) at] : 0);
                }
            }
        };
        WireReader in = new WireReader(largest);

        assertThat(in.tag()).isEqualTo(WireReader.tag(1, WireReader.BYTES));
        assertThat(in.length()).isEqualTo(length);
        assertThat(in.position()).isEqualTo(head.length);
        in.advance(length);
        assertThat(in.tag()).isZero();
        assertThat(read[0]).isLessThanOrEqualTo(8192);
    }

    private static void refused(ThrowingCallable reading, String message) {
        assertThatThrownBy(reading).isInstanceOf(ModelFormatException.class).hasMessageContaining(message);
    }

    private static void malformed(WireReader in, String message) {
        int tag = in.tag();
        refused(() -> in.skip(tag), message);
    }
}
