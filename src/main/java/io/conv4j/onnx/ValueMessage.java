package io.conv4j.onnx;

import java.util.ArrayList;
import java.util.List;

/** ONNX's ValueInfoProto with the TypeProto and the TensorShapeProto in it: what a file declares of a value. */
final class ValueMessage {
    /** The kind of a tensor. */
    static final String TENSOR = "TENSOR_TYPE";

    /** An extent: a number, if it {@code isNumber}, or else a name, which may be empty. */
    record Dim(boolean isNumber, long number, String name) {}

    private final List<Dim> dims = new ArrayList<>();
    private String name = "";
    private String kind = "VALUE_NOT_SET";
    private int elementType;

    /** Reads the message that a reader is in to its end. */
    static ValueMessage of(WireReader in) {
        ValueMessage message = new ValueMessage();
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case 1 << 3 | WireReader.BYTES -> message.name = in.text();
                case 2 << 3 | WireReader.BYTES -> {
                    long outer = in.enter();
                    message.readType(in);
                    in.leave(outer);
                }
                default -> in.skip(tag);
            }
        }
        return message;
    }

    private void readType(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            if (tag == WireReader.tag(1, WireReader.BYTES)) {
                kind = TENSOR;
                long outer = in.enter();
                readTensor(in);
                in.leave(outer);
            } else {
                kind = kind(tag);
                in.skip(tag);
            }
        }
    }

    /** ONNX's name of the kind of value that a field of TypeProto stands for. */
    private String kind(int tag) {
        return switch (tag >>> 3) {
            case 4 -> "SEQUENCE_TYPE";
            case 5 -> "MAP_TYPE";
            case 7 -> "OPAQUE_TYPE";
            case 8 -> "SPARSE_TENSOR_TYPE";
            case 9 -> "OPTIONAL_TYPE";
            default -> kind;
        };
    }

    private void readTensor(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case 1 << 3 | WireReader.VARINT -> elementType = (int) in.varint();
                case 2 << 3 | WireReader.BYTES -> {
                    long outer = in.enter();
                    readShape(in);
                    in.leave(outer);
                }
                default -> in.skip(tag);
            }
        }
    }

    private void readShape(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            if (tag == WireReader.tag(1, WireReader.BYTES)) {
                long outer = in.enter();
                dims.add(dim(in));
                in.leave(outer);
            } else {
                in.skip(tag);
            }
        }
    }

    private static Dim dim(WireReader in) {
        Dim dim = new Dim(false, 0, "");
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case 1 << 3 | WireReader.VARINT -> dim = new Dim(true, in.varint(), "");
                case 2 << 3 | WireReader.BYTES -> dim = new Dim(false, 0, in.text());
                default -> in.skip(tag);
            }
        }
        return dim;
    }

    String name() {
        return name;
    }

    boolean isTensor() {
        return kind.equals(TENSOR);
    }

    /** What it is, in ONNX's words. */
    String kind() {
        return kind;
    }

    /** The number of a tensor's element type. */
    int elementType() {
        return elementType;
    }

    List<Dim> dims() {
        return dims;
    }
}
