package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attributes of a node, typed: one of the wrong type is an error of the file, one that is absent has a default. */
final class Attributes {
    private final Map<String, AttributeProto> byName = new HashMap<>();

    Attributes(NodeProto node) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (byName.put(attribute.getName(), attribute) != null) {
                throw new ModelFormatException("attribute '" + attribute.getName() + "' is given twice");
            }
            if (!attribute.getRefAttrName().isEmpty()) {
                throw new UnsupportedNode("attribute '" + attribute.getName() + "' belongs to a function's body");
            }
        }
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    private @Nullable AttributeProto find(String name, AttributeType type) {
        AttributeProto attribute = byName.get(name);
        // Files of IR version 1 do not say the type.
        if (attribute != null && attribute.getType() != type && attribute.getType() != AttributeType.UNDEFINED) {
            throw new ModelFormatException(
                    "attribute '" + name + "' should be of type " + type + ", got " + attribute.getType());
        }
        return attribute;
    }

    private AttributeProto require(String name, AttributeType type) {
        AttributeProto attribute = find(name, type);
        if (attribute == null) {
            throw new ModelFormatException("attribute '" + name + "' is missing");
        }
        return attribute;
    }

    long integer(String name, long absent) {
        AttributeProto attribute = find(name, AttributeType.INT);
        return attribute == null ? absent : attribute.getI();
    }

    /** An integer that has no default. */
    long integer(String name) {
        return require(name, AttributeType.INT).getI();
    }

    boolean flag(String name, boolean absent) {
        return integer(name, absent ? 1 : 0) != 0;
    }

    float real(String name, float absent) {
        AttributeProto attribute = find(name, AttributeType.FLOAT);
        return attribute == null ? absent : attribute.getF();
    }

    String text(String name, String absent) {
        AttributeProto attribute = find(name, AttributeType.STRING);
        return attribute == null ? absent : attribute.getS().toStringUtf8();
    }

    /** The integers; none where the attribute is absent. */
    List<Long> integers(String name) {
        AttributeProto attribute = find(name, AttributeType.INTS);
        return attribute == null ? List.of() : attribute.getIntsList();
    }

    /** The numbers; none where the attribute is absent. */
    List<Float> reals(String name) {
        AttributeProto attribute = find(name, AttributeType.FLOATS);
        return attribute == null ? List.of() : attribute.getFloatsList();
    }

    TensorProto tensor(String name) {
        return require(name, AttributeType.TENSOR).getT();
    }

    GraphProto graph(String name) {
        return require(name, AttributeType.GRAPH).getG();
    }

    /** One of the words given; anything else is an error of the file. */
    String word(String name, String absent, String... allowed) {
        String word = text(name, absent);
        if (!Arrays.asList(allowed).contains(word)) {
            throw new ModelFormatException(
                    "attribute '" + name + "' should be one of " + Arrays.toString(allowed) + ", got '" + word + "'");
        }
        return word;
    }
}
