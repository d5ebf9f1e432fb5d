package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.WireFormat;
import java.util.ArrayList;
import java.util.List;

/** ONNX's ValueInfoProto with the TypeProto and the TensorShapeProto in it: what a file declares of a value. */
final class ValueMessage {
    private static final int NAME = ValueInfoProto.NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int TYPE = ValueInfoProto.TYPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int TENSOR_TYPE =
            TypeProto.TENSOR_TYPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int TENSOR_ELEM_TYPE =
            TypeProto.Tensor.ELEM_TYPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;
    private static final int TENSOR_SHAPE =
            TypeProto.Tensor.SHAPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int SHAPE_DIM = TensorShapeProto.DIM_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int DIM_VALUE =
            TensorShapeProto.Dimension.DIM_VALUE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;
    private static final int DIM_PARAM =
            TensorShapeProto.Dimension.DIM_PARAM_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;

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
                case NAME -> message.name = in.text();
                case TYPE -> {
                    int outer = in.enter();
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
            if (tag == TENSOR_TYPE) {
                kind = TENSOR;
                int outer = in.enter();
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
        return switch (WireFormat.getTagFieldNumber(tag)) {
            case TypeProto.SEQUENCE_TYPE_FIELD_NUMBER -> "SEQUENCE_TYPE";
            case TypeProto.MAP_TYPE_FIELD_NUMBER -> "MAP_TYPE";
            case TypeProto.OPAQUE_TYPE_FIELD_NUMBER -> "OPAQUE_TYPE";
            case TypeProto.SPARSE_TENSOR_TYPE_FIELD_NUMBER -> "SPARSE_TENSOR_TYPE";
            case TypeProto.OPTIONAL_TYPE_FIELD_NUMBER -> "OPTIONAL_TYPE";
            default -> kind;
        };
    }

    private void readTensor(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case TENSOR_ELEM_TYPE -> elementType = (int) in.varint();
                case TENSOR_SHAPE -> {
                    int outer = in.enter();
                    readShape(in);
                    in.leave(outer);
                }
                default -> in.skip(tag);
            }
        }
    }

    private void readShape(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            if (tag == SHAPE_DIM) {
                int outer = in.enter();
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
                case DIM_VALUE -> dim = new Dim(true, in.varint(), "");
                case DIM_PARAM -> dim = new Dim(false, 0, in.text());
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
