package io.conv4j.onnx;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An input or output as a model declares it.
 *
 * @param name the name in the model
 * @param type element type; types that conv4j does not compute in are widened (f16 and f64 to f32)
 * @param dims each extent, outermost first: a number, or the name of one that is open, or {@value #ANY}
 */
public record ModelTensor(String name, DataType type, List<String> dims) {
    /** An extent that is open and has no name. */
    public static final String ANY = "?";

    /** Copies the list. */
    public ModelTensor {
        dims = List.copyOf(dims);
    }

    /** The shape, if every extent is a number. */
    public Optional<Shape> shape() {
        List<Integer> extents = new ArrayList<>();
        for (String dim : dims) {
            if (!isNumber(dim)) {
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
        for (int axis = 0; axis < dims.size(); axis++) {
            if (isNumber(dims.get(axis)) && Integer.parseInt(dims.get(axis)) != shape.extent(axis)) {
                return false;
            }
        }
        return true;
    }

    static boolean isNumber(String dim) {
        boolean digits = !dim.isEmpty();
        for (int i = 0; i < dim.length(); i++) {
            digits &= dim.charAt(i) >= '0' && dim.charAt(i) <= '9';
        }
        return digits;
    }

    /** {@code src [f32 Nx3x224x224]}. */
    @Override
    public String toString() {
        return name + " [" + type.word() + " " + (dims.isEmpty() ? "scalar" : String.join("x", dims)) + "]";
    }
}
