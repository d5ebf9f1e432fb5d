package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;

/** ONNX's NodeProto. */
final class NodeMessage {
    private static final int INPUT = NodeProto.INPUT_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int OUTPUT = NodeProto.OUTPUT_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int NAME = NodeProto.NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int OP_TYPE = NodeProto.OP_TYPE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int ATTRIBUTE = NodeProto.ATTRIBUTE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int DOMAIN = NodeProto.DOMAIN_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;

    private final List<String> inputs = new ArrayList<>(3);
    private final List<String> outputs = new ArrayList<>(1);
    private final List<AttributeMessage> attributes = new ArrayList<>();
    private String name = "";
    private String operator = "";
    private String domain = "";

    /** Reads the message that a reader is in to its end. */
    static NodeMessage of(WireReader in) {
        NodeMessage message = new NodeMessage();
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            message.read(in, tag);
        }
        return message;
    }

    private void read(WireReader in, int tag) {
        switch (tag) {
            case INPUT -> inputs.add(in.text());
            case OUTPUT -> outputs.add(in.text());
            case NAME -> name = in.text();
            case OP_TYPE -> operator = in.text();
            case ATTRIBUTE -> {
                int outer = in.enter();
                attributes.add(AttributeMessage.of(in));
                in.leave(outer);
            }
            case DOMAIN -> domain = in.text();
            default -> in.skip(tag);
        }
    }

    List<String> inputs() {
        return inputs;
    }

    List<String> outputs() {
        return outputs;
    }

    List<AttributeMessage> attributes() {
        return attributes;
    }

    String name() {
        return name;
    }

    String operator() {
        return operator;
    }

    /** As written. */
    String domain() {
        return domain;
    }
}
