package io.conv4j.onnx;

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
    void declare(GraphMessage graph) {
        for (TensorMessage tensor : graph.initializers()) {
            declare(tensor.name(), tensor.dataType());
        }
        for (List<ValueMessage> infos : List.of(graph.inputs(), graph.values(), graph.outputs())) {
            for (ValueMessage info : infos) {
                declare(info.name(), info.elementType());
            }
        }
    }

    private void declare(String name, int code) {
        Optional<ElementType> type = ElementType.of(code);
        if (type.isPresent()) {
            known.put(name, type.get());
        }
    }

    /** The type of a value, or of the one that it was moved from. */
    Optional<ElementType> of(String name, Map<String, NodeMessage> makers) {
        String at = name;
        NodeMessage maker = makers.get(at);
        while (!known.containsKey(at) && maker != null && MOVES.contains(maker.operator())) {
            at = maker.inputs().size() > 0 ? maker.inputs().get(0) : "";
            maker = makers.get(at);
        }
        ElementType type = known.get(at);
        return type != null ? Optional.of(type) : Optional.ofNullable(maker).flatMap(DeclaredTypes::made);
    }

    private static Optional<ElementType> made(NodeMessage maker) {
        return switch (maker.operator()) {
            case "Cast" -> attribute(maker, "to").flatMap(to -> ElementType.of((int) to.integer()));
            case "Constant" ->
                attribute(maker, "value")
                        .map(AttributeMessage::tensor)
                        .flatMap(value -> ElementType.of(value.dataType()));
            default -> Optional.empty();
        };
    }

    private static Optional<AttributeMessage> attribute(NodeMessage node, String name) {
        return node.attributes().stream()
                .filter(attribute -> attribute.name().equals(name))
                .findFirst();
    }
}
