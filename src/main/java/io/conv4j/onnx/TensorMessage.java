package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.tensor.TensorSource;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** ONNX's TensorProto. Its numbers as bytes stay where they are until they are {@linkplain #detach detached} or asked for. */
final class TensorMessage {
    private static final int NAME = TensorProto.NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int DATA_TYPE = TensorProto.DATA_TYPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;
    private static final int SEGMENT = TensorProto.SEGMENT_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int RAW_DATA = TensorProto.RAW_DATA_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int EXTERNAL_DATA =
            TensorProto.EXTERNAL_DATA_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int DATA_LOCATION =
            TensorProto.DATA_LOCATION_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;

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
                case DATA_TYPE -> dataType = (int) in.varint();
                case NAME -> name = in.text();
                case RAW_DATA -> {
                    rawLength = in.length();
                    rawOffset = in.position();
                    bytes = in.bytes();
                    in.advance(rawLength);
                }
                case EXTERNAL_DATA -> ModelMessage.readEntry(in, externalData);
                case DATA_LOCATION -> dataLocation = in.varint();
                case SEGMENT -> {
                    segmented = true;
                    in.skip(tag);
                }
                default -> readNumbers(in, tag);
            }
        }
    }

    private void readNumbers(WireReader in, int tag) {
        boolean known = dims.read(in, tag, TensorProto.DIMS_FIELD_NUMBER, WireReader.VARINT)
                || floats.read(in, tag, TensorProto.FLOAT_DATA_FIELD_NUMBER, WireReader.FIXED_32)
                || ints.read(in, tag, TensorProto.INT32_DATA_FIELD_NUMBER, WireReader.VARINT)
                || longs.read(in, tag, TensorProto.INT64_DATA_FIELD_NUMBER, WireReader.VARINT)
                || doubles.read(in, tag, TensorProto.DOUBLE_DATA_FIELD_NUMBER, WireReader.FIXED_64)
                || unsigned.read(in, tag, TensorProto.UINT64_DATA_FIELD_NUMBER, WireReader.VARINT);
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
        return dataLocation == TensorProto.DataLocation.EXTERNAL_VALUE;
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
