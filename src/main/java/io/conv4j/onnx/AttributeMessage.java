package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ONNX's AttributeProto. */
final class AttributeMessage {
    private static final int NAME = AttributeProto.NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int F = AttributeProto.F_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.FIXED_32;
    private static final int I = AttributeProto.I_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;
    private static final int S = AttributeProto.S_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int T = AttributeProto.T_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int G = AttributeProto.G_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int GRAPHS = AttributeProto.GRAPHS_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int TYPE = AttributeProto.TYPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;
    private static final int REF_ATTR_NAME =
            AttributeProto.REF_ATTR_NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;

    /** What an attribute holds, by ONNX's numbers. */
    enum Type {
        UNDEFINED(AttributeType.UNDEFINED_VALUE),
        FLOAT(AttributeType.FLOAT_VALUE),
        INT(AttributeType.INT_VALUE),
        STRING(AttributeType.STRING_VALUE),
        TENSOR(AttributeType.TENSOR_VALUE),
        GRAPH(AttributeType.GRAPH_VALUE),
        FLOATS(AttributeType.FLOATS_VALUE),
        INTS(AttributeType.INTS_VALUE),
        STRINGS(AttributeType.STRINGS_VALUE),
        TENSORS(AttributeType.TENSORS_VALUE),
        GRAPHS(AttributeType.GRAPHS_VALUE),
        SPARSE_TENSOR(AttributeType.SPARSE_TENSOR_VALUE),
        SPARSE_TENSORS(AttributeType.SPARSE_TENSORS_VALUE),
        TYPE_PROTO(AttributeType.TYPE_PROTO_VALUE),
        TYPE_PROTOS(AttributeType.TYPE_PROTOS_VALUE);

        private static final Type[] ALL = values();

        private final int number;

        Type(int number) {
            this.number = number;
        }

        /** The type of a number; another one if there is none. */
        private static Type of(long number, Type other) {
            for (Type type : ALL) {
                if (type.number == number) {
                    return type;
                }
            }
            return other;
        }
    }

    private final Numbers floats = new Numbers();
    private final Numbers integers = new Numbers();
    private final List<GraphMessage> graphs = new ArrayList<>();
    private String name = "";
    private String reference = "";
    private Type type = Type.UNDEFINED;
    private float real;
    private long integer;
    private String text = "";
    private @Nullable TensorMessage tensor;
    private @Nullable GraphMessage graph;

    /** Reads the message that a reader is in to its end. */
    static AttributeMessage of(WireReader in) {
        AttributeMessage message = new AttributeMessage();
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            message.read(in, tag);
        }
        return message;
    }

    private void read(WireReader in, int tag) {
        switch (tag) {
            case NAME -> name = in.text();
            case F -> real = Float.intBitsToFloat(in.fixed32());
            case I -> integer = in.varint();
            case S -> text = in.text();
            case T, G, GRAPHS -> readWithin(in, tag);
            case TYPE -> type = Type.of(in.varint(), type);
            case REF_ATTR_NAME -> reference = in.text();
            default -> {
                boolean known = floats.read(in, tag, AttributeProto.FLOATS_FIELD_NUMBER, WireReader.FIXED_32)
                        || integers.read(in, tag, AttributeProto.INTS_FIELD_NUMBER, WireReader.VARINT);
                if (!known) {
                    in.skip(tag);
                }
            }
        }
    }

    private void readWithin(WireReader in, int tag) {
        int outer = in.enter();
        switch (tag) {
            case T -> {
                tensor = tensor == null ? new TensorMessage() : tensor;
                tensor.read(in);
            }
            case G -> {
                graph = graph == null ? new GraphMessage() : graph;
                graph.read(in);
            }
            default -> {
                GraphMessage one = new GraphMessage();
                one.read(in);
                graphs.add(one);
            }
        }
        in.leave(outer);
    }

    String name() {
        return name;
    }

    /** The name of the function's attribute that it stands for; empty for an ordinary one. */
    String reference() {
        return reference;
    }

    /** The type that the file states; files of IR version 1 do not. */
    Type type() {
        return type;
    }

    float real() {
        return real;
    }

    long integer() {
        return integer;
    }

    String text() {
        return text;
    }

    @Nullable TensorMessage tensor() {
        return tensor;
    }

    @Nullable GraphMessage graph() {
        return graph;
    }

    List<GraphMessage> graphs() {
        return graphs;
    }

    List<Long> integers() {
        List<Long> list = new ArrayList<>(integers.count());
        for (int i = 0; i < integers.count(); i++) {
            list.add(integers.get(i));
        }
        return list;
    }

    List<Float> reals() {
        List<Float> list = new ArrayList<>(floats.count());
        for (int i = 0; i < floats.count(); i++) {
            list.add(Float.intBitsToFloat((int) floats.get(i)));
        }
        return list;
    }

    /** Copies the bytes of its tensors, so that it refers to nothing else. */
    void detach() {
        if (tensor != null) {
            tensor.detach();
        }
        if (graph != null) {
            graph.detach();
        }
        for (GraphMessage one : graphs) {
            one.detach();
        }
    }
}
