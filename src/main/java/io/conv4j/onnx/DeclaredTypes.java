package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The element types that values have in the file, as far as it says so. Tensors do not tell once they are widened: an s32
 * may have been u16, and an operator that saturates has to know.
 */
final class DeclaredTypes {
    /** Operators whose first output has the type of their first input. */
    private static final Set<String> MOVES = Set.of(
            "Identity",
            "Reshape",
            "Flatten",
            "Squeeze",
            "Unsqueeze",
            "Transpose",
            "Expand",
            "Tile",
            "Slice",
            "Gather",
            "GatherElements",
            "Concat");

    private final Map<String, ElementType> known = new HashMap<>();

    DeclaredTypes(ModelFile file) {
        declare(file.graph());
        known.putAll(file.constantTypes());
    }

    /** Takes note of what a graph, or a branch in one, says of its values. */
    void declare(GraphProto graph) {
        graph.getInitializerList().forEach(tensor -> declare(tensor.getName(), tensor.getDataType()));
        for (List<ValueInfoProto> infos :
                List.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList())) {
            infos.forEach(info ->
                    declare(info.getName(), info.getType().getTensorType().getElemType()));
        }
    }

    private void declare(String name, int code) {
        ElementType.of(code).ifPresent(type -> known.put(name, type));
    }

    /** The type of a value, or of the one that it was moved from. */
    Optional<ElementType> of(String name, Map<String, NodeProto> makers) {
        String at = name;
        NodeProto maker = makers.get(at);
        while (!known.containsKey(at) && maker != null && MOVES.contains(maker.getOpType())) {
            at = maker.getInputCount() > 0 ? maker.getInput(0) : "";
            maker = makers.get(at);
        }
        ElementType type = known.get(at);
        return type != null ? Optional.of(type) : Optional.ofNullable(maker).flatMap(DeclaredTypes::made);
    }

    private static Optional<ElementType> made(NodeProto maker) {
        return switch (maker.getOpType()) {
            case "Cast" -> attribute(maker, "to").flatMap(to -> ElementType.of((int) to.getI()));
            case "Constant" ->
                attribute(maker, "value")
                        .flatMap(value -> ElementType.of(value.getT().getDataType()));
            default -> Optional.empty();
        };
    }

    private static Optional<AttributeProto> attribute(NodeProto node, String name) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .findFirst();
    }
}
