package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.conv4j.graph.Graph;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Writes small ONNX models for tests. */
final class ModelWriter {
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("small");
    private final int opset;

    private ModelWriter(int opset) {
        this.opset = opset;
    }

    static ModelWriter opset(int version) {
        return new ModelWriter(version);
    }

    /** The graph under construction, for what has no method here. */
    GraphProto.Builder graph() {
        return graph;
    }

    /** An f32 input; an extent is a number or a name. */
    ModelWriter input(String name, Object... dims) {
        return input(name, TensorProto.DataType.FLOAT, dims);
    }

    ModelWriter input(String name, TensorProto.DataType type, Object... dims) {
        graph.addInput(info(name, type, dims));
        return this;
    }

    ModelWriter output(String name) {
        graph.addOutput(info(name, TensorProto.DataType.FLOAT));
        return this;
    }

    /** An output whose shape is left open. */
    ModelWriter output(String name, TensorProto.DataType type) {
        ValueInfoProto.Builder output = info(name, type).toBuilder();
        output.getTypeBuilder().getTensorTypeBuilder().clearShape();
        graph.addOutput(output);
        return this;
    }

    private static ValueInfoProto info(String name, TensorProto.DataType type, Object... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dim : dims) {
            if (dim instanceof Integer extent) {
                shape.addDimBuilder().setDimValue(extent);
            } else {
                shape.addDimBuilder().setDimParam(dim.toString());
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }

    ModelWriter constant(String name, Tensor tensor) {
        graph.addInitializer(tensor(name, tensor));
        return this;
    }

    /** A vector of s64. */
    ModelWriter longs(String name, long... values) {
        return constant(name, Tensor.ofLongs(Shape.of(values.length), values));
    }

    static TensorProto tensor(String name, Tensor tensor) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(type(tensor.dataType()).getNumber())
                .addAllDims(Arrays.stream(tensor.shape().toLongs()).boxed().toList())
                .setRawData(ByteString.copyFrom(tensor.bytes()))
                .build();
    }

    /** What ONNX calls a type. */
    static TensorProto.DataType type(DataType type) {
        return switch (type) {
            case F32 -> TensorProto.DataType.FLOAT;
            case BF16 -> TensorProto.DataType.BFLOAT16;
            case U8 -> TensorProto.DataType.UINT8;
            case S8 -> TensorProto.DataType.INT8;
            case S32 -> TensorProto.DataType.INT32;
            case S64 -> TensorProto.DataType.INT64;
            case BOOL -> TensorProto.DataType.BOOL;
        };
    }

    /** A node; names of inputs and outputs are separated by spaces, a left out one is written {@code -}. */
    ModelWriter node(String operator, String inputs, String outputs, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType(operator)
                .setName(operator + "_" + graph.getNodeCount())
                .addAllInput(names(inputs))
                .addAllOutput(names(outputs))
                .addAllAttribute(Arrays.asList(attributes)));
        return this;
    }

    private static List<String> names(String spaced) {
        return Arrays.stream(spaced.split(" "))
                .filter(name -> !name.isEmpty())
                .map(name -> name.equals("-") ? "" : name)
                .toList();
    }

    ModelProto proto() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .setGraph(graph)
                .build();
    }

    byte[] bytes() {
        return proto().toByteArray();
    }

    OnnxModel model() {
        return OnnxModel.read(bytes());
    }

    /** The model's graph, its input shapes being fixed. */
    Graph build() {
        return model().graph();
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto real(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto integers(String name, long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(Arrays.stream(values).boxed().toList())
                .build();
    }

    static AttributeProto tensor(String name, TensorProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.TENSOR)
                .setT(value)
                .build();
    }

    static AttributeProto graph(String name, GraphProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.GRAPH)
                .setG(value)
                .build();
    }
}
