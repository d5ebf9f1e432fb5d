package io.conv4j.onnx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ONNX's AttributeProto. */
final class AttributeMessage {
    /** What an attribute holds, in the order of ONNX's numbers. */
    enum Type {
        UNDEFINED,
        FLOAT,
        INT,
        STRING,
        TENSOR,
        GRAPH,
        FLOATS,
        INTS,
        STRINGS,
        TENSORS,
        GRAPHS,
        SPARSE_TENSOR,
        SPARSE_TENSORS,
        TYPE_PROTO,
        TYPE_PROTOS;

        private static final Type[] ALL = values();
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
            case 1 << 3 | WireReader.BYTES -> name = in.text();
            case 2 << 3 | WireReader.FIXED_32 -> real = Float.intBitsToFloat(in.fixed32());
            case 3 << 3 | WireReader.VARINT -> integer = in.varint();
            case 4 << 3 | WireReader.BYTES -> text = in.text();
            case 5 << 3 | WireReader.BYTES, 6 << 3 | WireReader.BYTES, 11 << 3 | WireReader.BYTES ->
                readWithin(in, tag >>> 3);
            case 20 << 3 | WireReader.VARINT -> {
                long number = in.varint();
                type = number > 0 && number < Type.ALL.length ? Type.ALL[(int) number] : type;
            }
            case 21 << 3 | WireReader.BYTES -> reference = in.text();
            default -> {
                if (!floats.read(in, tag, 7, WireReader.FIXED_32) && !integers.read(in, tag, 8, WireReader.VARINT)) {
                    in.skip(tag);
                }
            }
        }
    }

    private void readWithin(WireReader in, int field) {
        long outer = in.enter();
        switch (field) {
            case 5 -> {
                tensor = tensor == null ? new TensorMessage() : tensor;
                tensor.read(in);
            }
            case 6 -> {
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
