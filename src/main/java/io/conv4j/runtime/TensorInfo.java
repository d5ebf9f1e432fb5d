package io.conv4j.runtime;

import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a session takes or gives under a name.
 *
 * @param name the name in the model
 * @param type element type
 * @param dims each extent, outermost first: a number, or the name of one that is chosen at each run, or {@value #ANY}
 */
public record TensorInfo(String name, DataType type, List<String> dims) {
    /** An extent that is chosen at each run and has no name. */
    public static final String ANY = "?";

    /** Copies the list. */
    public TensorInfo {
        dims = List.copyOf(dims);
    }

    static TensorInfo of(Value value) {
        List<String> dims = new ArrayList<>();
        for (int extent : value.shape().extents()) {
            dims.add(Integer.toString(extent));
        }
        return new TensorInfo(value.name(), value.dataType(), dims);
    }

    /** The shape, if every extent is a number. */
    public Optional<Shape> shape() {
        List<Integer> extents = new ArrayList<>();
        for (String dim : dims) {
            if (!concrete(dim)) {
                return Optional.empty();
            }
            extents.add(Integer.valueOf(dim));
        }
        return Optional.of(Shape.of(extents));
    }

    /** Whether a shape has this rank and the extents that are numbers. */
    boolean admits(Shape shape) {
        if (shape.rank() != dims.size()) {
            return false;
        }
        for (int axis = 0; axis < shape.rank(); axis++) {
            String dim = dims.get(axis);
            if (concrete(dim) && !dim.equals(Integer.toString(shape.extent(axis)))) {
                return false;
            }
        }
        return true;
    }

    private static boolean concrete(String dim) {
        boolean digits = !dim.isEmpty();
        for (int i = 0; i < dim.length(); i++) {
            digits &= dim.charAt(i) >= '0' && dim.charAt(i) <= '9';
        }
        return digits;
    }

    /** The type as in messages: {@code f32 Nx3x224x224}. */
    String typeWord() {
        return type.word() + " " + (dims.isEmpty() ? "scalar" : String.join("x", dims));
    }

    /** {@code src [f32 Nx3x224x224]}. */
    @Override
    public String toString() {
        return name + " [" + typeWord() + "]";
    }
}
