package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ONNX's ModelProto. */
final class ModelMessage {
    private static final int PRODUCER_NAME =
            ModelProto.PRODUCER_NAME_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int PRODUCER_VERSION =
            ModelProto.PRODUCER_VERSION_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int GRAPH = ModelProto.GRAPH_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int OPSET_IMPORT =
            ModelProto.OPSET_IMPORT_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int METADATA_PROPS =
            ModelProto.METADATA_PROPS_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int OPSET_DOMAIN =
            OperatorSetIdProto.DOMAIN_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int OPSET_VERSION =
            OperatorSetIdProto.VERSION_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.VARINT;
    private static final int ENTRY_KEY =
            StringStringEntryProto.KEY_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;
    private static final int ENTRY_VALUE =
            StringStringEntryProto.VALUE_FIELD_NUMBER << WireReader.KIND_BITS | WireReader.BYTES;

    private final Map<String, Long> opsets = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private String producerName = "";
    private String producerVersion = "";
    private @Nullable GraphMessage graph;

    /**
     * Reads a model to its end.
     *
     * @throws ModelFormatException if it is none
     */
    static ModelMessage of(ModelBytes bytes) {
        WireReader in = new WireReader(bytes);
        ModelMessage message = new ModelMessage();
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            message.read(in, tag);
        }
        return message;
    }

    private void read(WireReader in, int tag) {
        switch (tag) {
            case PRODUCER_NAME -> producerName = in.text();
            case PRODUCER_VERSION -> producerVersion = in.text();
            case GRAPH -> {
                int outer = in.enter();
                graph = graph == null ? new GraphMessage() : graph;
                graph.read(in);
                in.leave(outer);
            }
            case OPSET_IMPORT -> readOpset(in);
            case METADATA_PROPS -> readEntry(in, metadata);
            default -> in.skip(tag);
        }
    }

    private void readOpset(WireReader in) {
        int outer = in.enter();
        String domain = "";
        long version = 0;
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case OPSET_DOMAIN -> domain = in.text();
                case OPSET_VERSION -> version = in.varint();
                default -> in.skip(tag);
            }
        }
        in.leave(outer);
        opsets.put(domain, version);
    }

    /** Reads ONNX's StringStringEntryProto, which a field holds. */
    static void readEntry(WireReader in, Map<String, String> entries) {
        int outer = in.enter();
        String key = "";
        String value = "";
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case ENTRY_KEY -> key = in.text();
                case ENTRY_VALUE -> value = in.text();
                default -> in.skip(tag);
            }
        }
        in.leave(outer);
        entries.put(key, value);
    }

    /** Versions of operators, by domain as written. */
    Map<String, Long> opsets() {
        return opsets;
    }

    /** What the author put there, by key. */
    Map<String, String> metadata() {
        return metadata;
    }

    String producerName() {
        return producerName;
    }

    String producerVersion() {
        return producerVersion;
    }

    @Nullable GraphMessage graph() {
        return graph;
    }
}
