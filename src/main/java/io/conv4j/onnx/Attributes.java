package io.conv4j.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attributes of a node, typed: one of the wrong type is an error of the file, one that is absent has a default. */
final class Attributes {
    private final Map<String, AttributeMessage> byName = new HashMap<>();

    Attributes(NodeMessage node) {
        for (AttributeMessage attribute : node.attributes()) {
            if (byName.put(attribute.name(), attribute) != null) {
                throw new ModelFormatException("attribute '" + attribute.name() + "' is given twice");
            }
            if (!attribute.reference().isEmpty()) {
                throw new UnsupportedNode("attribute '" + attribute.name() + "' belongs to a function's body");
            }
        }
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    private @Nullable AttributeMessage find(String name, AttributeMessage.Type type) {
        AttributeMessage attribute = byName.get(name);
        // Files of IR version 1 do not say the type.
        if (attribute != null && attribute.type() != type && attribute.type() != AttributeMessage.Type.UNDEFINED) {
            throw new ModelFormatException(
                    "attribute '" + name + "' should be of type " + type + ", got " + attribute.type());
        }
        return attribute;
    }

    private AttributeMessage require(String name, AttributeMessage.Type type) {
        AttributeMessage attribute = find(name, type);
        if (attribute == null) {
            throw new ModelFormatException("attribute '" + name + "' is missing");
        }
        return attribute;
    }

    long integer(String name, long absent) {
        AttributeMessage attribute = find(name, AttributeMessage.Type.INT);
        return attribute == null ? absent : attribute.integer();
    }

    /** An integer that has no default. */
    long integer(String name) {
        return require(name, AttributeMessage.Type.INT).integer();
    }

    boolean flag(String name, boolean absent) {
        return integer(name, absent ? 1 : 0) != 0;
    }

    float real(String name, float absent) {
        AttributeMessage attribute = find(name, AttributeMessage.Type.FLOAT);
        return attribute == null ? absent : attribute.real();
    }

    String text(String name, String absent) {
        AttributeMessage attribute = find(name, AttributeMessage.Type.STRING);
        return attribute == null ? absent : attribute.text();
    }

    /** The integers; none where the attribute is absent. */
    List<Long> integers(String name) {
        AttributeMessage attribute = find(name, AttributeMessage.Type.INTS);
        return attribute == null ? List.of() : attribute.integers();
    }

    /** The numbers; none where the attribute is absent. */
    List<Float> reals(String name) {
        AttributeMessage attribute = find(name, AttributeMessage.Type.FLOATS);
        return attribute == null ? List.of() : attribute.reals();
    }

    TensorMessage tensor(String name) {
        TensorMessage tensor = require(name, AttributeMessage.Type.TENSOR).tensor();
        if (tensor == null) {
            throw new ModelFormatException("attribute '" + name + "' holds no tensor");
        }
        return tensor;
    }

    GraphMessage graph(String name) {
        GraphMessage graph = require(name, AttributeMessage.Type.GRAPH).graph();
        if (graph == null) {
            throw new ModelFormatException("attribute '" + name + "' holds no graph");
        }
        return graph;
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
