package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.conv4j.tensor.Tensor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Parses a model and takes the constants out of it. In a file the large ones are passed over and stay there until they are
 * asked for. Where the bytes are in memory the message is parsed over them without copying them, each constant is copied once
 * into direct memory, and what is left is parsed again on its own, so that nothing refers to the bytes afterwards.
 */
final class ModelReader {
    private final TensorReader tensors;
    private final Map<String, Tensor> constants = new LinkedHashMap<>();
    private final Map<String, ElementType> constantTypes = new HashMap<>();
    private final Map<String, String> unreadable = new HashMap<>();

    private ModelReader(ExternalData external) {
        this.tensors = new TensorReader(external);
    }

    /** Large constants are deferred: they are read from the file, which is kept open, when they are first asked for. */
    static ModelFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException(Files.exists(path) ? path + " is not a file" : "there is no file " + path);
        }
        boolean done = false;
        FileInputStream stream = null;
        try {
            // Its skip moves on without reading, and its channel reads anywhere.
            stream = new FileInputStream(path.toFile());
            ModelFile model = read(path, stream);
            done = true;
            return model;
        } catch (IOException e) {
            throw new ModelFormatException("cannot read " + path + ": " + e, e);
        } catch (ModelFormatException e) {
            throw new ModelFormatException(path + ": " + e.getMessage(), e);
        } finally {
            if (!done) {
                close(stream);
            }
        }
    }

    private static void close(@Nullable FileInputStream stream) {
        try {
            if (stream != null) {
                stream.close();
            }
        } catch (IOException e) {
            System.getLogger(ModelReader.class.getName()).log(System.Logger.Level.DEBUG, "not closed", e);
        }
    }

    private static ModelFile read(Path path, FileInputStream stream) throws IOException {
        long size = stream.getChannel().size();
        if (size > Integer.MAX_VALUE) {
            throw new ModelFormatException("the file has " + size
                    + " bytes, an ONNX file at most 2^31 - 1: keep its weights as external data");
        }
        ModelScan.Scanned scanned;
        try {
            scanned = ModelScan.scan(CodedInputStream.newInstance(stream));
        } catch (InvalidProtocolBufferException e) {
            throw new ModelFormatException(notModel(size) + e.getMessage(), e);
        }
        requireGraph(scanned.model(), size);
        Path folder = path.toAbsolutePath().getParent();
        ModelReader reader = new ModelReader(folder == null ? ExternalData.none() : new ExternalFolder(folder));
        StoredNumbers stored = new StoredNumbers(path, stream.getChannel());
        for (ModelScan.Initializer initializer : scanned.initializers()) {
            if (initializer.offset() + initializer.bytes() > size) {
                throw new ModelFormatException(notModel(size) + "the numbers of '"
                        + initializer.proto().getName() + "' end beyond it");
            }
            reader.constant(initializer.proto(), () -> reader.tensors.read(initializer, stored));
        }
        return reader.read(scanned.model(), true);
    }

    private static String notModel(long bytes) {
        return bytes == 0
                ? "the model is empty: it has 0 bytes"
                : "not an ONNX model, or cut short, of " + bytes + " bytes: ";
    }

    private static void requireGraph(ModelProto model, long bytes) {
        if (bytes == 0) {
            throw new ModelFormatException(notModel(0));
        }
        if (!model.hasGraph()
                || model.getGraph().getNodeCount() + model.getGraph().getOutputCount() == 0) {
            throw new ModelFormatException("not an ONNX model: " + bytes + " bytes without a graph");
        }
    }

    static ModelFile read(InputStream stream, ExternalData external) {
        try {
            ByteString all = ByteString.EMPTY;
            // Not in one go, as that would overflow silently.
            for (byte[] part = stream.readNBytes(1 << 20); part.length > 0; part = stream.readNBytes(1 << 20)) {
                if (all.size() > Integer.MAX_VALUE - part.length) {
                    throw new ModelFormatException(
                            "the stream has more than 2^31 - 1 bytes, the limit of an ONNX file");
                }
                all = all.concat(UnsafeByteOperations.unsafeWrap(part));
            }
            return read(all, external);
        } catch (IOException e) {
            throw new ModelFormatException("cannot read the model's stream: " + e, e);
        }
    }

    static ModelFile read(ByteString bytes, ExternalData external) {
        ModelProto model;
        try {
            CodedInputStream in = bytes.newCodedInput();
            in.enableAliasing(true);
            model = ModelProto.parseFrom(in);
        } catch (IOException e) {
            throw new ModelFormatException(notModel(bytes.size()) + e.getMessage(), e);
        }
        requireGraph(model, bytes.size());
        return new ModelReader(external).read(model, false);
    }

    /** @param detached whether the message refers to no bytes but its own */
    private ModelFile read(ModelProto model, boolean detached) {
        GraphProto.Builder rest =
                model.getGraph().toBuilder().clearInitializer().clearNode();
        for (TensorProto initializer : model.getGraph().getInitializerList()) {
            constant(initializer, () -> tensors.read(initializer));
        }
        for (NodeProto node : model.getGraph().getNodeList()) {
            TensorProto value = constantValue(node);
            if (value == null) {
                rest.addNode(node);
            } else {
                constant(node.getOutput(0), value, () -> tensors.read(value));
            }
        }
        try {
            return new ModelFile(
                    detached ? rest.build() : GraphProto.parseFrom(rest.build().toByteString()),
                    opsets(model),
                    constants,
                    constantTypes,
                    unreadable,
                    metadata(model));
        } catch (InvalidProtocolBufferException e) {
            throw new ModelFormatException("not an ONNX model: " + e.getMessage(), e);
        }
    }

    private static @Nullable TensorProto constantValue(NodeProto node) {
        if (!node.getOpType().equals("Constant") || node.getOutputCount() != 1 || node.getAttributeCount() != 1) {
            return null;
        }
        AttributeProto attribute = node.getAttribute(0);
        return attribute.getName().equals("value") && attribute.hasT() ? attribute.getT() : null;
    }

    private void constant(TensorProto proto, Supplier<Tensor> numbers) {
        constant(proto.getName(), proto, numbers);
    }

    private void constant(String name, TensorProto proto, Supplier<Tensor> numbers) {
        if (name.isEmpty() || constants.containsKey(name) || unreadable.containsKey(name)) {
            throw new ModelFormatException(
                    name.isEmpty() ? "a constant has no name" : "two constants are named '" + name + "'");
        }
        Optional<ElementType> type = ElementType.of(proto.getDataType());
        if (type.isPresent()) {
            constantTypes.put(name, type.get());
            constants.put(name, numbers.get());
        } else if (TensorProto.DataType.forNumber(proto.getDataType()) == null || proto.getDataType() == 0) {
            throw new ModelFormatException(
                    "tensor '" + name + "' has element type " + proto.getDataType() + ", which ONNX does not have");
        } else {
            unreadable.put(name, ElementType.word(proto.getDataType()));
        }
    }

    private static Map<String, Integer> opsets(ModelProto model) {
        Map<String, Integer> opsets = new HashMap<>();
        for (OperatorSetIdProto opset : model.getOpsetImportList()) {
            if (opset.getVersion() < 1 || opset.getVersion() > 10_000) {
                throw new ModelFormatException("opset " + opset.getVersion() + " of domain '" + opset.getDomain()
                        + "' is not between 1 and 10000");
            }
            opsets.put(ModelFile.domain(opset.getDomain()), (int) opset.getVersion());
        }
        if (opsets.isEmpty()) {
            // Files of IR version 1 and 2 name none.
            opsets.put("", 1);
        }
        return opsets;
    }

    private static Map<String, String> metadata(ModelProto model) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("producer", (model.getProducerName() + " " + model.getProducerVersion()).strip());
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            metadata.put(entry.getKey(), entry.getValue());
        }
        return metadata;
    }
}
