package io.conv4j.onnx;

import io.conv4j.tensor.Tensor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a model and takes the constants out of it. In a file the large ones stay there until they are asked for. Where the
 * bytes are in memory each constant is copied once into direct memory; what is left refers to the bytes no more.
 */
final class ModelReader {
    /** Numbers that take less are not worth to be read on their own. */
    private static final int LARGE = 4096;

    /** Bytes of a stream in one piece. */
    private static final int PART = 1 << 20;

    private final TensorReader tensors;
    private final int mostBytes;
    private final Map<String, Tensor> constants = new LinkedHashMap<>();
    private final Map<String, ElementType> constantTypes = new HashMap<>();
    private final Map<String, String> unreadable = new HashMap<>();

    /** @param mostBytes constants that take more are read when they are asked for */
    private ModelReader(ExternalData external, int mostBytes) {
        this.tensors = new TensorReader(external);
        this.mostBytes = mostBytes;
    }

    /** Large constants are deferred: they are read from the file, which is kept open, when they are first asked for. */
    static ModelFile read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelFormatException(Files.exists(path) ? path + " is not a file" : "there is no file " + path);
        }
        boolean done = false;
        FileInputStream stream = null;
        try {
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
        StoredBytes bytes = new StoredBytes(path, stream.getChannel());
        if (bytes.size() > Integer.MAX_VALUE) {
            throw new ModelFormatException("the file has " + bytes.size()
                    + " bytes, an ONNX file at most 2^31 - 1: keep its weights as external data");
        }
        Path folder = path.toAbsolutePath().getParent();
        ExternalData external = folder == null ? ExternalData.none() : new ExternalFolder(folder);
        return new ModelReader(external, LARGE).read(bytes);
    }

    static ModelFile read(InputStream stream, ExternalData external) {
        List<byte[]> parts = new ArrayList<>();
        long size = 0;
        try {
            for (byte[] part = stream.readNBytes(PART); part.length > 0; part = stream.readNBytes(PART)) {
                parts.add(part);
                size += part.length;
                if (size > Integer.MAX_VALUE) {
                    throw new ModelFormatException(
                            "the stream has more than 2^31 - 1 bytes, the limit of an ONNX file");
                }
            }
        } catch (IOException e) {
            throw new ModelFormatException("cannot read the model's stream: " + e, e);
        }
        return new ModelReader(external, Integer.MAX_VALUE).read(new ModelBytes.InParts(parts, PART, size));
    }

    /** All bytes of the buffer. */
    static ModelFile read(ByteBuffer bytes, ExternalData external) {
        return new ModelReader(external, Integer.MAX_VALUE).read(new ModelBytes.InMemory(bytes));
    }

    private ModelFile read(ModelBytes bytes) {
        long size = bytes.size();
        if (size == 0) {
            throw new ModelFormatException("the model is empty: it has 0 bytes");
        }
        ModelMessage model;
        try {
            model = ModelMessage.of(bytes);
        } catch (ModelFormatException e) {
            throw new ModelFormatException(
                    "not an ONNX model, or cut short, of " + size + " bytes: " + e.getMessage(), e);
        }
        GraphMessage graph = model.graph();
        if (graph == null || graph.nodes().size() + graph.outputs().size() == 0) {
            throw new ModelFormatException("not an ONNX model: " + size + " bytes without a graph");
        }
        takeConstants(graph);
        graph.detach();
        return new ModelFile(graph, opsets(model), constants, constantTypes, unreadable, metadata(model));
    }

    /** Moves initialisers and the values of Constant nodes to the constants. */
    private void takeConstants(GraphMessage graph) {
        for (TensorMessage initializer : graph.initializers()) {
            constant(initializer.name(), initializer);
        }
        graph.initializers().clear();
        List<NodeMessage> rest = new ArrayList<>();
        for (NodeMessage node : graph.nodes()) {
            TensorMessage value = constantValue(node);
            if (value == null) {
                rest.add(node);
            } else {
                constant(node.outputs().get(0), value);
            }
        }
        graph.nodes().clear();
        graph.nodes().addAll(rest);
    }

    private static @Nullable TensorMessage constantValue(NodeMessage node) {
        if (!node.operator().equals("Constant")
                || node.outputs().size() != 1
                || node.attributes().size() != 1) {
            return null;
        }
        AttributeMessage attribute = node.attributes().get(0);
        return attribute.name().equals("value") ? attribute.tensor() : null;
    }

    private void constant(String name, TensorMessage message) {
        if (name.isEmpty() || constants.containsKey(name) || unreadable.containsKey(name)) {
            throw new ModelFormatException(
                    name.isEmpty() ? "a constant has no name" : "two constants are named '" + name + "'");
        }
        Optional<ElementType> type = ElementType.of(message.dataType());
        if (type.isPresent()) {
            constantTypes.put(name, type.get());
            constants.put(name, tensors.read(message, mostBytes));
        } else if (!ElementType.isKnown(message.dataType()) || message.dataType() == 0) {
            throw new ModelFormatException(
                    "tensor '" + name + "' has element type " + message.dataType() + ", which ONNX does not have");
        } else {
            unreadable.put(name, ElementType.word(message.dataType()));
        }
    }

    private static Map<String, Integer> opsets(ModelMessage model) {
        Map<String, Integer> opsets = new HashMap<>();
        for (Map.Entry<String, Long> opset : model.opsets().entrySet()) {
            long version = opset.getValue();
            if (version < 1 || version > 10_000) {
                throw new ModelFormatException(
                        "opset " + version + " of domain '" + opset.getKey() + "' is not between 1 and 10000");
            }
            opsets.put(ModelFile.domain(opset.getKey()), (int) version);
        }
        if (opsets.isEmpty()) {
            // Files of IR version 1 and 2 name none.
            opsets.put("", 1);
        }
        return opsets;
    }

    private static Map<String, String> metadata(ModelMessage model) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("producer", (model.producerName() + " " + model.producerVersion()).strip());
        metadata.putAll(model.metadata());
        return metadata;
    }
}
