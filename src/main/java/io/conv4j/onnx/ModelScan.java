package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
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
    private final UnknownFieldSet.Builder graph = UnknownFieldSet.newBuilder();

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
        UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
        boolean hasGraph = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == GRAPH) {
                hasGraph = true;
                scanGraph();
            } else {
                copy(tag, rest);
            }
        }
        ModelProto.Builder model = ModelProto.parseFrom(rest.build().toByteString()).toBuilder();
        if (hasGraph) {
            model.setGraph(GraphProto.parseFrom(graph.build().toByteString()));
        }
        return new Scanned(model.build(), List.copyOf(initializers));
    }

    private void scanGraph() throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == INITIALIZER) {
                scanInitializer();
            } else {
                copy(tag, graph);
            }
        }
        in.popLimit(outer);
    }

    private void scanInitializer() throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
        long offset = 0;
        int bytes = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == RAW_DATA && in.getBytesUntilLimit() > LARGE) {
                bytes = in.readRawVarint32();
                offset = in.getTotalBytesRead();
                in.skipRawBytes(bytes);
            } else {
                copy(tag, rest);
            }
        }
        in.popLimit(outer);
        initializers.add(new Initializer(TensorProto.parseFrom(rest.build().toByteString()), offset, bytes));
    }

    private void copy(int tag, UnknownFieldSet.Builder to) throws IOException {
        if (!to.mergeFieldFrom(tag, in)) {
            // The end of a group that never began.
            in.checkLastTagWas(0);
        }
    }

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }
}
