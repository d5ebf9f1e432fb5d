package io.conv4j.graph;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor that flows through a graph: an input, a constant or what a node makes.
 *
 * @param id unique within the graph
 * @param name unique within the graph; the name in the model file where there is one
 * @param type element type and shape
 */
public record Value(int id, String name, TensorType type) {
    /** Element type. */
    public DataType dataType() {
        return type.type();
    }

    /** The extents. */
    public Shape shape() {
        return type.shape();
    }

    /** The type of each. */
    public static List<TensorType> types(List<Value> values) {
        List<TensorType> types = new ArrayList<>(values.size());
        for (Value value : values) {
            types.add(value.type);
        }
        return List.copyOf(types);
    }

    /** The id alone tells the values of a graph apart. */
    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Value value && id == value.id && name.equals(value.name) && type.equals(value.type);
    }

    @Override
    public String toString() {
        return name + " [" + type + "]";
    }
}
