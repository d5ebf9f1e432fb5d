package io.conv4j.tensor;

/** The element types a tensor may have, named as oneDNN names them. */
public enum DataType {
    /** IEEE 754 single precision. */
    F32(4, true),
    /** bfloat16: the upper half of an F32. */
    BF16(2, true),
    /** Unsigned 8-bit integer. */
    U8(1, false),
    /** Signed 8-bit integer. */
    S8(1, false),
    /** Signed 32-bit integer. */
    S32(4, false),
    /** Signed 64-bit integer; ONNX uses it for shapes and indices. */
    S64(8, false),
    /** One byte an element, 0 or 1. */
    BOOL(1, false);

    private final int bytes;
    private final boolean floating;

    DataType(int bytes, boolean floating) {
        this.bytes = bytes;
        this.floating = floating;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Whether the type has a fraction. */
    public boolean floating() {
        return floating;
    }

    /** The name as printed, in lower case: {@code f32}. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
