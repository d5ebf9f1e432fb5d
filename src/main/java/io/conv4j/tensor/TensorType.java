package io.conv4j.tensor;

/** What is known of a tensor before it has numbers: its type and shape. */
public record TensorType(DataType type, Shape shape) {
    /** The type of an f32 tensor with these extents. */
    public static TensorType f32(int... extents) {
        return new TensorType(DataType.F32, Shape.of(extents));
    }

    /** Bytes its elements take, densely packed. */
    public long bytes() {
        return (long) shape.elements() * type.bytes();
    }

    @Override
    public int hashCode() {
        return 31 * shape.hashCode() + type.bytes();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorType that && type == that.type && shape.equals(that.shape);
    }

    @Override
    public String toString() {
        return type.word() + " " + shape;
    }
}
