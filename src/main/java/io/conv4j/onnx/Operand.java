package io.conv4j.onnx;

import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * A tensor during import: a constant whose numbers are known, or a value that a run makes. A constant enters the graph when
 * the first layer of the graph takes it, so that those used up by shape arithmetic never do.
 */
final class Operand {
    private final String name;
    private final TensorType type;
    private final @Nullable Tensor constant;
    private @Nullable Value value;

    private Operand(String name, TensorType type, @Nullable Tensor constant, @Nullable Value value) {
        this.name = name;
        this.type = type;
        this.constant = constant;
        this.value = value;
    }

    static Operand constant(String name, Tensor tensor) {
        return new Operand(name, tensor.type(), tensor, null);
    }

    static Operand of(Value value) {
        return new Operand(value.name(), value.type(), null, value);
    }

    String name() {
        return name;
    }

    TensorType type() {
        return type;
    }

    DataType dataType() {
        return type.type();
    }

    Shape shape() {
        return type.shape();
    }

    /** The numbers; null if they are not known before a run. */
    @Nullable Tensor tensor() {
        return constant;
    }

    /** The value in the graph. */
    Value in(GraphBuilder builder) {
        Value known = value;
        if (known == null) {
            if (constant == null) {
                throw new IllegalStateException("operand " + name + " is nothing");
            }
            known = builder.constant(name, constant);
            value = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return name + " [" + type + "]";
    }
}
