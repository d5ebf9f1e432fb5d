package io.conv4j.onnx;

import io.conv4j.tensor.DataType;
import java.util.Optional;

/**
 * ONNX's element types and what they become here. Types that conv4j does not compute in are widened on the way in: f16 and
 * f64 to f32, 16-bit integers to s32, u32 and u64 to s64.
 */
enum ElementType {
    FLOAT(1, 4, DataType.F32),
    UINT8(2, 1, DataType.U8),
    INT8(3, 1, DataType.S8),
    UINT16(4, 2, DataType.S32),
    INT16(5, 2, DataType.S32),
    INT32(6, 4, DataType.S32),
    INT64(7, 8, DataType.S64),
    BOOL(9, 1, DataType.BOOL),
    FLOAT16(10, 2, DataType.F32),
    DOUBLE(11, 8, DataType.F32),
    UINT32(12, 4, DataType.S64),
    UINT64(13, 8, DataType.S64),
    BFLOAT16(16, 2, DataType.BF16);

    /** ONNX's names, by number. */
    private static final String[] WORDS = {
        "UNDEFINED",
        "FLOAT",
        "UINT8",
        "INT8",
        "UINT16",
        "INT16",
        "INT32",
        "INT64",
        "STRING",
        "BOOL",
        "FLOAT16",
        "DOUBLE",
        "UINT32",
        "UINT64",
        "COMPLEX64",
        "COMPLEX128",
        "BFLOAT16",
        "FLOAT8E4M3FN",
        "FLOAT8E4M3FNUZ",
        "FLOAT8E5M2",
        "FLOAT8E5M2FNUZ",
        "UINT4",
        "INT4"
    };

    private final int code;
    private final int bytes;
    private final DataType type;

    ElementType(int code, int bytes, DataType type) {
        this.code = code;
        this.bytes = bytes;
        this.type = type;
    }

    /** The type with this number in the file; empty if conv4j has none for it. */
    static Optional<ElementType> of(int code) {
        for (ElementType element : values()) {
            if (element.code == code) {
                return Optional.of(element);
            }
        }
        return Optional.empty();
    }

    /** ONNX's name of a type number, for messages. */
    static String word(int code) {
        return isKnown(code) ? WORDS[code] : "unknown type " + code;
    }

    /** Whether ONNX has a type of this number. */
    static boolean isKnown(int code) {
        return code >= 0 && code < WORDS.length;
    }

    /** Bytes of an element in the file. */
    int bytes() {
        return bytes;
    }

    /** The type it becomes. */
    DataType type() {
        return type;
    }

    /** Whether bytes in the file are the bytes of the tensor, on a little-endian machine. */
    boolean isPlain() {
        return bytes == type.bytes() && this != BOOL;
    }
}
