package io.conv4j.onnx;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node as its converter sees it: attributes, inputs, and the means to add layers. */
final class NodeContext {
    private final NodeMessage node;
    private final int opset;
    private final Attributes attributes;
    private final List<@Nullable Operand> inputs;
    private final GraphImporter importer;

    NodeContext(NodeMessage node, int opset, List<@Nullable Operand> inputs, GraphImporter importer) {
        this.node = node;
        this.opset = opset;
        this.attributes = new Attributes(node);
        this.inputs = inputs;
        this.importer = importer;
    }

    /** The version of the operator's domain that the model is written in. */
    int opset() {
        return opset;
    }

    Attributes attributes() {
        return attributes;
    }

    /** How many inputs are written down, the left out ones between them included. */
    int inputs() {
        return inputs.size();
    }

    boolean has(int index) {
        return index < inputs.size() && inputs.get(index) != null;
    }

    /** An input that may be left out; null then. */
    @Nullable Operand optional(int index) {
        return index < inputs.size() ? inputs.get(index) : null;
    }

    /** An input that must be there. */
    Operand input(int index) {
        Operand input = optional(index);
        if (input == null) {
            throw new ModelFormatException("input " + index + " is missing");
        }
        return input;
    }

    /** All inputs of a variadic operator; at least one. */
    Operand[] all() {
        if (inputs.isEmpty()) {
            throw new ModelFormatException("it has no inputs");
        }
        Operand[] all = new Operand[inputs.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = input(i);
        }
        return all;
    }

    /** The element type that an input of integers has in the file. */
    ElementType elementType(int index) {
        return switch (input(index).dataType()) {
            case U8 -> ElementType.UINT8;
            case S8 -> ElementType.INT8;
            default ->
                importer.declaredType(node.inputs().get(index))
                        .orElseThrow(() -> new UnsupportedNode("the file does not say whether its input '"
                                + node.inputs().get(index) + "' has 16 or 32 bits, with or without sign"));
        };
    }

    /** The numbers of an input that decides about shapes and therefore has to be known at import. */
    Tensor constant(int index) {
        return constant(index, "make it a constant of the model");
    }

    /** The same, with advice for when they are not known. */
    Tensor constant(int index, String advice) {
        Tensor tensor = input(index).tensor();
        if (tensor == null) {
            String name = node.inputs().get(index);
            throw new UnsupportedNode("its input '" + name + "' is not known before a run: " + advice, name);
        }
        return tensor;
    }

    /** Whether work of this many elementary operations may be done at import, given what has been done. */
    boolean affords(double operations) {
        return importer.affords(operations);
    }

    /** The integers of a constant input. */
    long[] longs(int index) {
        return constant(index).toLongs();
    }

    /** The single number of a constant input. */
    double number(int index) {
        Tensor tensor = constant(index);
        if (tensor.shape().elements() != 1) {
            throw new ModelFormatException("input " + index + " should be one number, got " + tensor.type());
        }
        return tensor.get(0);
    }

    /** Whether a later node or the graph takes this output. */
    boolean wanted(int output) {
        return output < node.outputs().size() && importer.wanted(node.outputs().get(output));
    }

    /** How many outputs are written down. */
    int outputs() {
        return node.outputs().size();
    }

    /** A layer on the way to the result; computed now if everything it takes is constant. */
    Operand add(Layer layer, Operand... from) {
        return importer.add(label() + "/" + layer.word(), label(), layer, Arrays.asList(from))
                .get(0);
    }

    /** The layer that makes the node's first output. */
    Operand result(Layer layer, Operand... from) {
        return result(0, layer, from);
    }

    /** The layer that makes one output of several. */
    Operand result(int output, Layer layer, Operand... from) {
        String name = output < node.outputs().size() ? node.outputs().get(output) : "";
        return importer.add(name.isEmpty() ? label() : name, label(), layer, Arrays.asList(from))
                .get(0);
    }

    /** The layer that makes all outputs of the node; those left out get names of their own. */
    List<Operand> results(Layer layer, Operand... from) {
        List<String> names = node.outputs().stream()
                .map(name -> name.isEmpty() ? label() : name)
                .toList();
        return importer.add(names, label(), layer, Arrays.asList(from));
    }

    /** A constant of the converter's own. */
    Operand constant(String role, Tensor tensor) {
        return Operand.constant(label() + "/" + role, tensor);
    }

    /** One number of a type, as a scalar. */
    Operand scalar(DataType type, double value) {
        Tensor tensor = Tensor.zeros(type, Shape.of());
        tensor.set(0, value);
        return constant("scalar", tensor);
    }

    Tensor read(TensorMessage tensor) {
        return new TensorReader(ExternalData.none()).read(tensor);
    }

    /** The outputs of a subgraph, computed in place. */
    List<Operand> inline(GraphMessage graph) {
        return importer.inline(graph);
    }

    /** For messages and for naming layers: the node's name, its first output, or its operator. */
    String label() {
        return label(node);
    }

    static String label(NodeMessage node) {
        if (!node.name().isEmpty()) {
            return node.name();
        }
        return node.outputs().size() > 0 ? node.outputs().get(0) : node.operator();
    }

    /** An axis that may count from the end. */
    static int axis(long axis, int rank) {
        long index = axis < 0 ? axis + rank : axis;
        if (index < 0 || index >= rank) {
            throw new Conv4jException("axis " + axis + " is not one of " + rank);
        }
        return (int) index;
    }

    /** An integer of the file as an int. */
    static int narrow(long number) {
        if (number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
            throw new ModelFormatException(number + " is beyond 32 bits");
        }
        return (int) number;
    }
}
