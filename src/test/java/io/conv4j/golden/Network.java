package io.conv4j.golden;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.conv4j.onnx.OnnxModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A network of the test data, as the bytes of an ONNX file. */
final class Network {
    private static final String WHAT = "networks against published outputs";
    private static final String SEEDED = "onnx/light_seeded/seeded_";

    private final byte[] bytes;

    private Network(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * A network by its path in the test data.
     *
     * @param path {@code models/mnist_8/model.onnx}; or {@code onnx/light_seeded/seeded_resnet50.onnx}, which is not stored
     *     but filled by {@link SeedRule}
     * @param extraOutputs tensors that a seeded network gives besides its own outputs
     */
    static Network read(String path, List<String> extraOutputs) {
        if (!path.startsWith(SEEDED)) {
            return new Network(file(path));
        }
        ModelProto light = light(path.substring(SEEDED.length()));
        return new Network(SeedRule.fill(light, extraOutputs).toByteArray());
    }

    /** An architecture with seeded weights; where its output is a softmax, which may saturate, its argument is one too. */
    static Network seeded(String architecture) {
        ModelProto light = light(architecture + ".onnx");
        List<String> arguments = light.getGraph().getNodeList().stream()
                .filter(node -> node.getOpType().equals("Softmax"))
                .map((NodeProto node) -> node.getInput(0))
                .toList();
        return new Network(SeedRule.fill(light, arguments).toByteArray());
    }

    private static ModelProto light(String name) {
        try {
            return ModelProto.parseFrom(file("onnx/light/light_" + name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] file(String path) {
        try {
            return Files.readAllBytes(folder(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file or folder of the test data, if there is any test data. */
    static Path folder(String path) {
        return TestData.require(WHAT, path);
    }

    byte[] bytes() {
        return bytes;
    }

    OnnxModel model() {
        return OnnxModel.read(bytes);
    }
}
