package io.conv4j.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ONNX's ModelProto. */
final class ModelMessage {
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
            case 2 << 3 | WireReader.BYTES -> producerName = in.text();
            case 3 << 3 | WireReader.BYTES -> producerVersion = in.text();
            case 7 << 3 | WireReader.BYTES -> {
                long outer = in.enter();
                graph = graph == null ? new GraphMessage() : graph;
                graph.read(in);
                in.leave(outer);
            }
            case 8 << 3 | WireReader.BYTES -> readOpset(in);
            case 14 << 3 | WireReader.BYTES -> readEntry(in, metadata);
            default -> in.skip(tag);
        }
    }

    private void readOpset(WireReader in) {
        long outer = in.enter();
        String domain = "";
        long version = 0;
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case 1 << 3 | WireReader.BYTES -> domain = in.text();
                case 2 << 3 | WireReader.VARINT -> version = in.varint();
                default -> in.skip(tag);
            }
        }
        in.leave(outer);
        opsets.put(domain, version);
    }

    /** Reads ONNX's StringStringEntryProto, which a field holds. */
    static void readEntry(WireReader in, Map<String, String> entries) {
        long outer = in.enter();
        String key = "";
        String value = "";
        for (int tag = in.tag(); tag != 0; tag = in.tag()) {
            switch (tag) {
                case 1 << 3 | WireReader.BYTES -> key = in.text();
                case 2 << 3 | WireReader.BYTES -> value = in.text();
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
