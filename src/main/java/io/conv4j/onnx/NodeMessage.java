package io.conv4j.onnx;

import java.util.ArrayList;
import java.util.List;

/** ONNX's NodeProto. */
final class NodeMessage {
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
            case 1 << 3 | WireReader.BYTES -> inputs.add(in.text());
            case 2 << 3 | WireReader.BYTES -> outputs.add(in.text());
            case 3 << 3 | WireReader.BYTES -> name = in.text();
            case 4 << 3 | WireReader.BYTES -> operator = in.text();
            case 5 << 3 | WireReader.BYTES -> {
                long outer = in.enter();
                attributes.add(AttributeMessage.of(in));
                in.leave(outer);
            }
            case 7 << 3 | WireReader.BYTES -> domain = in.text();
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
