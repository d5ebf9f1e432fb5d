package io.conv4j.golden;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Gives architectures without weights (ONNX's light models, whose weights are ConstantOfShape nodes) weights that depend on
 * nothing but the tensors' names, by the rule in the test data's {@code onnx/SEED_RULE.txt}.
 */
final class SeedRule {
    private static final int IR_VERSION_WITHOUT_INPUTS_FOR_INITIALIZERS = 4;

    private SeedRule() {}

    /**
     * A tensor to be filled.
     *
     * @param role its first consumer's operator and the input's index: {@code Conv[1]}
     * @param transposed whether that consumer is a Gemm with transB
     */
    record Weight(String name, List<Long> dims, String role, boolean transposed) {
        private int elements() {
            return Math.toIntExact(dims.stream().reduce(1L, Math::multiplyExact));
        }

        /** The values as little-endian f32. */
        byte[] values() {
            byte[] values = new byte[Math.multiplyExact(4, elements())];
            ByteBuffer buffer = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
            double base = baseAndScale()[0];
            double scale = baseAndScale()[1];
            long seed = fnv1a(name);
            IntStream.range(0, elements()).parallel().forEach(i -> {
                double u = (splitMix(seed + (i + 1) * 0x9E3779B97F4A7C15L) >>> 40) * 0x1p-24;
                buffer.putFloat(4 * i, (float) (base == 0 ? (2 * u - 1) * scale : base + scale * u));
            });
            return values;
        }

        /** {0, s} stands for (2u−1)·s, {a, s} for a + s·u. */
        private double[] baseAndScale() {
            return switch (role) {
                case "Conv[1]" -> new double[] {0, Math.sqrt(6.0 / (elements() / dims.get(0)))};
                case "Gemm[1]" -> new double[] {0, Math.sqrt(3.0 / dims.get(transposed ? 1 : 0))};
                case "BatchNormalization[1]" -> new double[] {0.5, 0.5};
                case "BatchNormalization[4]" -> new double[] {0.5, 1};
                case "BatchNormalization[2]", "BatchNormalization[3]" -> new double[] {0, 0.05};
                default ->
                    role.startsWith("Mul[")
                            ? new double[] {1, 0.8}
                            : new double[] {0, role.startsWith("Add[") ? 0.05 : 0.1};
            };
        }
    }

    /** The model with an initialiser in place of every ConstantOfShape, and further tensors made outputs. */
    static ModelProto fill(ModelProto light, List<String> extraOutputs) {
        GraphProto graph = light.getGraph();
        GraphProto.Builder filled = graph.toBuilder().clearNode();
        graph.getNodeList().stream().filter(node -> !isWeight(node)).forEach(filled::addNode);
        for (Weight weight : weights(light)) {
            filled.addInitializer(TensorProto.newBuilder()
                    .setName(weight.name())
                    .setDataType(TensorProto.DataType.FLOAT_VALUE)
                    .addAllDims(weight.dims())
                    .setRawData(UnsafeByteOperations.unsafeWrap(weight.values())));
        }
        TypeProto f32 = TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE))
                .build();
        for (String output : extraOutputs) {
            filled.addOutput(ValueInfoProto.newBuilder().setName(output).setType(f32));
        }
        return light.toBuilder()
                .setIrVersion(Math.max(light.getIrVersion(), IR_VERSION_WITHOUT_INPUTS_FOR_INITIALIZERS))
                .setGraph(filled)
                .build();
    }

    /** The tensors to be filled, in the order of their nodes. */
    static List<Weight> weights(ModelProto light) {
        GraphProto graph = light.getGraph();
        List<Weight> weights = new ArrayList<>();
        for (NodeProto node : graph.getNodeList()) {
            if (isWeight(node)) {
                String name = node.getOutput(0);
                NodeProto consumer = firstConsumer(graph, name);
                while (consumer.getOpType().equals("Unsqueeze")) {
                    name = consumer.getOutput(0);
                    consumer = firstConsumer(graph, name);
                }
                weights.add(new Weight(
                        node.getOutput(0),
                        dims(graph, node.getInput(0)),
                        consumer.getOpType() + "[" + consumer.getInputList().indexOf(name) + "]",
                        consumer.getAttributeList().stream()
                                .anyMatch(a -> a.getName().equals("transB") && a.getI() != 0)));
            }
        }
        return weights;
    }

    private static boolean isWeight(NodeProto node) {
        return node.getOpType().equals("ConstantOfShape");
    }

    private static NodeProto firstConsumer(GraphProto graph, String name) {
        return graph.getNodeList().stream()
                .filter(node -> node.getInputList().contains(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("nothing consumes " + name));
    }

    private static List<Long> dims(GraphProto graph, String name) {
        TensorProto dims = graph.getInitializerList().stream()
                .filter(initializer -> initializer.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no initialiser " + name));
        if (dims.getInt64DataCount() > 0) {
            return dims.getInt64DataList();
        }
        ByteBuffer raw = dims.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        return IntStream.range(0, raw.remaining() / Long.BYTES)
                .mapToObj(i -> raw.getLong(i * Long.BYTES))
                .toList();
    }

    /** FNV-1a, 64 bits. */
    private static long fnv1a(String name) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b & 0xff) * 0x100000001b3L;
        }
        return hash;
    }

    /** The output function of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long splitMix(long state) {
        long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
