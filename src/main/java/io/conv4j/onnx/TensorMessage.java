package io.conv4j.onnx;

import io.conv4j.tensor.TensorSource;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** ONNX's TensorProto. Its numbers as bytes stay where they are until they are {@linkplain #detach detached} or asked for. */
final class TensorMessage {
    private static final int EXTERNAL = 1;

    private final Numbers dims = new Numbers();
    private final Numbers floats = new Numbers();
    private final Numbers ints = new Numbers();
    private final Numbers longs = new Numbers();
    private final Numbers doubles = new Numbers();
    private final Numbers unsigned = new Numbers();
    private final Map<String, String> externalData = new HashMap<>();
    private String name = "";
    private int dataType;
    private long dataLocation;
    private boolean segmented;
    private ModelBytes bytes = new ModelBytes.InMemory(ByteBuffer.allocate(0));
    private long rawOffset;
    private int rawLength;

    /** Reads the message that a reader is in to its end. */
    static TensorMessage of(WireReader in) {
        TensorMessage message = new TensorMessage();
        message.read(in);
        return message;
    }

    /** Reads the fields of a message to its end, over those that are there. */
    void read(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case 2 << 3 | WireReader.VARINT -> dataType = (int) in.varint();
                case 8 << 3 | WireReader.BYTES -> name = in.text();
                case 9 << 3 | WireReader.BYTES -> {
                    rawLength = in.length();
                    rawOffset = in.position();
                    bytes = in.bytes();
                    in.advance(rawLength);
                }
                case 13 << 3 | WireReader.BYTES -> ModelMessage.readEntry(in, externalData);
                case 14 << 3 | WireReader.VARINT -> dataLocation = in.varint();
                case 3 << 3 | WireReader.BYTES -> {
                    segmented = true;
                    in.skip(tag);
                }
                default -> readNumbers(in, tag);
            }
        }
    }

    private void readNumbers(WireReader in, int tag) {
        boolean known = dims.read(in, tag, 1, WireReader.VARINT)
                || floats.read(in, tag, 4, WireReader.FIXED_32)
                || ints.read(in, tag, 5, WireReader.VARINT)
                || longs.read(in, tag, 7, WireReader.VARINT)
                || doubles.read(in, tag, 10, WireReader.FIXED_64)
                || unsigned.read(in, tag, 11, WireReader.VARINT);
        if (!known) {
            in.skip(tag);
        }
    }

    String name() {
        return name;
    }

    /** The number of the element type. */
    int dataType() {
        return dataType;
    }

    Numbers dims() {
        return dims;
    }

    boolean isSegmented() {
        return segmented;
    }

    boolean isExternal() {
        return dataLocation == EXTERNAL;
    }

    /** Where external data is, by key. */
    Map<String, String> externalData() {
        return externalData;
    }

    /** Bits of the field {@code float_data}. */
    Numbers floats() {
        return floats;
    }

    /** The field {@code int32_data}, of whose numbers the lower half counts. */
    Numbers ints() {
        return ints;
    }

    /** The field {@code int64_data}. */
    Numbers longs() {
        return longs;
    }

    /** Bits of the field {@code double_data}. */
    Numbers doubles() {
        return doubles;
    }

    /** The field {@code uint64_data}. */
    Numbers unsigned() {
        return unsigned;
    }

    /** Bytes of the field {@code raw_data}. */
    int rawLength() {
        return rawLength;
    }

    /** The bytes of the field {@code raw_data} where they are. */
    TensorSource raw() {
        return new ModelBytes.From(bytes, rawOffset);
    }

    /** The same, copied. */
    ByteBuffer copyOfRaw() {
        ByteBuffer copy = ByteBuffer.allocate(rawLength);
        bytes.read(rawOffset, copy);
        return copy.flip();
    }

    /** Copies its bytes, so that it refers to nothing else. */
    void detach() {
        bytes = new ModelBytes.InMemory(copyOfRaw());
        rawOffset = 0;
    }
}
