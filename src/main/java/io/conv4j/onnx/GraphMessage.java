package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import java.util.ArrayList;
import java.util.List;

/** ONNX's GraphProto. */
final class GraphMessage {
    private static final int NODE = GraphProto.NODE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int NAME = GraphProto.NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int INITIALIZER =
            GraphProto.INITIALIZER_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int INPUT = GraphProto.INPUT_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int OUTPUT = GraphProto.OUTPUT_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int VALUE_INFO = GraphProto.VALUE_INFO_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;

    private final List<NodeMessage> nodes = new ArrayList<>();
    private final List<TensorMessage> initializers = new ArrayList<>();
    private final List<ValueMessage> inputs = new ArrayList<>();
    private final List<ValueMessage> outputs = new ArrayList<>();
    private final List<ValueMessage> values = new ArrayList<>();
    private String name = "";

    /** Reads the fields of a message to its end, over those that are there. */
    void read(WireReader in) {
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case NODE, INITIALIZER, INPUT, OUTPUT, VALUE_INFO -> {
                    int outer = in.enter();
                    readWithin(in, tag);
                    in.leave(outer);
                }
                case NAME -> name = in.text();
                default -> in.skip(tag);
            }
        }
    }

    private void readWithin(WireReader in, int tag) {
        switch (tag) {
            case NODE -> nodes.add(NodeMessage.of(in));
            case INITIALIZER -> initializers.add(TensorMessage.of(in));
            case INPUT -> inputs.add(ValueMessage.of(in));
            case OUTPUT -> outputs.add(ValueMessage.of(in));
            default -> values.add(ValueMessage.of(in));
        }
    }

    String name() {
        return name;
    }

    List<NodeMessage> nodes() {
        return nodes;
    }

    List<TensorMessage> initializers() {
        return initializers;
    }

    List<ValueMessage> inputs() {
        return inputs;
    }

    List<ValueMessage> outputs() {
        return outputs;
    }

    /** What the file declares of values within. */
    List<ValueMessage> values() {
        return values;
    }

    /** Copies the bytes of the tensors in it, so that it refers to nothing else. */
    void detach() {
        for (TensorMessage initializer : initializers) {
            initializer.detach();
        }
        for (NodeMessage node : nodes) {
            for (AttributeMessage attribute : node.attributes()) {
                attribute.detach();
            }
        }
    }
}
