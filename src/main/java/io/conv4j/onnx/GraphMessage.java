package io.conv4j.onnx;

import java.util.ArrayList;
import java.util.List;

/** ONNX's GraphProto. */
final class GraphMessage {
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
                case 1 << 3 | WireReader.BYTES,
                        5 << 3 | WireReader.BYTES,
                        11 << 3 | WireReader.BYTES,
                        12 << 3 | WireReader.BYTES,
                        13 << 3 | WireReader.BYTES -> {
                    long outer = in.enter();
                    readWithin(in, tag >>> 3);
                    in.leave(outer);
                }
                case 2 << 3 | WireReader.BYTES -> name = in.text();
                default -> in.skip(tag);
            }
        }
    }

    private void readWithin(WireReader in, int field) {
        switch (field) {
            case 1 -> nodes.add(NodeMessage.of(in));
            case 5 -> initializers.add(TensorMessage.of(in));
            case 11 -> inputs.add(ValueMessage.of(in));
            case 12 -> outputs.add(ValueMessage.of(in));
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
