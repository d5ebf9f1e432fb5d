package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
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

    /** Fields copied as they are, to be parsed together. Protobuf's own writer begins with setting up Java's loggers. */
    private static final class Fields {
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();

        void copy(int tag, CodedInputStream in) throws IOException {
            varint(Integer.toUnsignedLong(tag));
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_VARINT -> varint(in.readRawVarint64());
                case WireFormat.WIRETYPE_FIXED64 -> written.write(in.readRawBytes(Long.BYTES));
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
                    ByteString bytes = in.readBytes();
                    varint(bytes.size());
                    bytes.writeTo(written);
                }
                case WireFormat.WIRETYPE_FIXED32 -> written.write(in.readRawBytes(Integer.BYTES));
                default -> throw new InvalidProtocolBufferException("it has groups, which ONNX has not");
            }
        }

        /** Seven bits a byte, the lowest first; all but the last have the eighth set. */
        private void varint(long number) {
            long rest = number;
            for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
                written.write((int) (rest & 0x7f | 0x80));
            }
            written.write((int) rest);
        }

        byte[] bytes() {
            return written.toByteArray();
        }
    }

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }
}
