package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Goes once over a model's bytes and parses all but the large initialisers' numbers, of which it only notes where they are.
 */
final class ModelScan {
    /** Numbers that take less are not worth to be read on their own. */
    private static final int LARGE = 4096;

    private static final int SMALL = 256;

    private static final int GRAPH = tag(ModelProto.GRAPH_FIELD_NUMBER);
    private static final int INITIALIZER = tag(GraphProto.INITIALIZER_FIELD_NUMBER);
    private static final int RAW_DATA = tag(TensorProto.RAW_DATA_FIELD_NUMBER);

    /**
     * An initialiser.
     *
     * @param proto without its numbers if they were left behind
     * @param offset of the numbers from the first byte of the model
     * @param bytes of the numbers; 0 if they are in the message
     */
    record Initializer(TensorProto proto, long offset, int bytes) {}

    private final CodedInputStream in;
    private final List<Initializer> initializers = new ArrayList<>();
    private final Fields graph = new Fields();

    private ModelScan(CodedInputStream in) {
        this.in = in;
    }

    /**
     * What a model holds.
     *
     * @param model without initialisers
     * @param initializers in their order
     */
    record Scanned(ModelProto model, List<Initializer> initializers) {}

    /** Reads a model to its end. */
    static Scanned scan(CodedInputStream in) throws IOException {
        return new ModelScan(in).scan();
    }

    private Scanned scan() throws IOException {
        Fields rest = new Fields();
        boolean hasGraph = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == GRAPH) {
                hasGraph = true;
                scanGraph();
            } else {
                rest.copy(tag, in);
            }
        }
        ModelProto.Builder model = ModelProto.parseFrom(rest.bytes()).toBuilder();
        if (hasGraph) {
            model.setGraph(GraphProto.parseFrom(graph.bytes()));
        }
        return new Scanned(model.build(), List.copyOf(initializers));
    }

    private void scanGraph() throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == INITIALIZER) {
                scanInitializer();
            } else {
                graph.copy(tag, in);
            }
        }
        in.popLimit(outer);
    }

    private void scanInitializer() throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        Fields rest = new Fields();
        long offset = 0;
        int bytes = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == RAW_DATA && in.getBytesUntilLimit() > LARGE) {
                bytes = in.readRawVarint32();
                offset = in.getTotalBytesRead();
                in.skipRawBytes(bytes);
            } else {
                rest.copy(tag, in);
            }
        }
        in.popLimit(outer);
        initializers.add(new Initializer(TensorProto.parseFrom(rest.bytes()), offset, bytes));
    }

    /** Fields copied as they are, to be parsed together. */
    private static final class Fields {
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private final CodedOutputStream out = CodedOutputStream.newInstance(written, SMALL);

        void copy(int tag, CodedInputStream in) throws IOException {
            out.writeUInt32NoTag(tag);
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_VARINT -> out.writeUInt64NoTag(in.readRawVarint64());
                case WireFormat.WIRETYPE_FIXED64 -> out.writeFixed64NoTag(in.readRawLittleEndian64());
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> out.writeBytesNoTag(in.readBytes());
                case WireFormat.WIRETYPE_FIXED32 -> out.writeFixed32NoTag(in.readRawLittleEndian32());
                default -> throw new InvalidProtocolBufferException("it has groups, which ONNX has not");
            }
        }

        byte[] bytes() throws IOException {
            out.flush();
            return written.toByteArray();
        }
    }

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }
}
