package io.conv4j.benchmark;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a graph as an ONNX model of opset 13, so that the rival gets what we run. Covers the layers of the {@link Zoo}; the
 * translation of each is in {@link OnnxOperators}.
 */
final class OnnxWriter {
    private static final int IR_VERSION = 7;
    private static final int OPSET = 13;

    private final GraphProto.Builder out = GraphProto.newBuilder();
    private int fresh;

    private OnnxWriter() {}

    /** The model's bytes. */
    static byte[] write(Graph graph) {
        OnnxWriter writer = new OnnxWriter();
        writer.out.setName(graph.name());
        graph.inputs().forEach(input -> writer.out.addInput(info(input)));
        graph.outputs().forEach(output -> writer.out.addOutput(info(output)));
        graph.constants().forEach((value, tensor) -> writer.initializer(value.name(), tensor));
        for (Node node : graph.nodes()) {
            OnnxOperators.write(node, writer);
        }
        return ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("conv4j")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(writer.out)
                .build()
                .toByteArray();
    }

    /** Adds a node of one output. */
    void node(String operator, List<String> inputs, String output, AttributeProto... attributes) {
        out.addNode(NodeProto.newBuilder()
                .setName(output)
                .setOpType(operator)
                .addAllInput(inputs)
                .addOutput(output)
                .addAllAttribute(Arrays.asList(attributes)));
    }

    /** Adds a parameter that ONNX takes as an input; its name. */
    String constant(Tensor tensor) {
        String name = "parameter_" + fresh++;
        initializer(name, tensor);
        return name;
    }

    /** Adds integers that ONNX takes as an input; their name. */
    String constant(int... values) {
        return constant(Tensor.ofLongs(
                Shape.of(values.length), Arrays.stream(values).asLongStream().toArray()));
    }

    private void initializer(String name, Tensor tensor) {
        out.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(elementType(tensor.dataType()))
                .addAllDims(Arrays.stream(tensor.shape().toLongs()).boxed().toList())
                .setRawData(UnsafeByteOperations.unsafeWrap(tensor.bytes())));
    }

    private static int elementType(DataType type) {
        return switch (type) {
            case F32 -> TensorProto.DataType.FLOAT_VALUE;
            case S64 -> TensorProto.DataType.INT64_VALUE;
            default -> throw new IllegalArgumentException("the zoo does not use " + type);
        };
    }

    private static ValueInfoProto info(Value value) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int extent : value.shape().extents()) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(extent));
        }
        return ValueInfoProto.newBuilder()
                .setName(value.name())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(elementType(value.dataType()))
                                .setShape(shape)))
                .build();
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto attribute(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto attribute(String name, List<Integer> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(values.stream().map(Integer::longValue).toList())
                .build();
    }
}
