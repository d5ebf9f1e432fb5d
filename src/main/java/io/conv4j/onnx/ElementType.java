package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.tensor.DataType;
import java.util.Optional;

/**
 * ONNX's element types and what they become here. Types that conv4j does not compute in are widened on the way in: f16 and
 * f64 to f32, 16-bit integers to s32, u32 and u64 to s64.
 */
enum ElementType {
    FLOAT(TensorProto.DataType.FLOAT_VALUE, 4, DataType.F32),
    UINT8(TensorProto.DataType.UINT8_VALUE, 1, DataType.U8),
    INT8(TensorProto.DataType.INT8_VALUE, 1, DataType.S8),
    UINT16(TensorProto.DataType.UINT16_VALUE, 2, DataType.S32),
    INT16(TensorProto.DataType.INT16_VALUE, 2, DataType.S32),
    INT32(TensorProto.DataType.INT32_VALUE, 4, DataType.S32),
    INT64(TensorProto.DataType.INT64_VALUE, 8, DataType.S64),
    BOOL(TensorProto.DataType.BOOL_VALUE, 1, DataType.BOOL),
    FLOAT16(TensorProto.DataType.FLOAT16_VALUE, 2, DataType.F32),
    DOUBLE(TensorProto.DataType.DOUBLE_VALUE, 8, DataType.F32),
    UINT32(TensorProto.DataType.UINT32_VALUE, 4, DataType.S64),
    UINT64(TensorProto.DataType.UINT64_VALUE, 8, DataType.S64),
    BFLOAT16(TensorProto.DataType.BFLOAT16_VALUE, 2, DataType.BF16);

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
        String name = of(code).map(ElementType::name).orElseGet(() -> otherName(code));
        return name.isEmpty() ? "unknown type " + code : name;
    }

    /** Whether ONNX has a type of this number. */
    static boolean isKnown(int code) {
        return of(code).isPresent() || !otherName(code).isEmpty();
    }

    /** ONNX's name of a type that conv4j does not have; empty if ONNX has none either. */
    private static String otherName(int code) {
        return switch (code) {
            case TensorProto.DataType.UNDEFINED_VALUE -> "UNDEFINED";
            case TensorProto.DataType.STRING_VALUE -> "STRING";
            case TensorProto.DataType.COMPLEX64_VALUE -> "COMPLEX64";
            case TensorProto.DataType.COMPLEX128_VALUE -> "COMPLEX128";
            case TensorProto.DataType.FLOAT8E4M3FN_VALUE -> "FLOAT8E4M3FN";
            case TensorProto.DataType.FLOAT8E4M3FNUZ_VALUE -> "FLOAT8E4M3FNUZ";
            case TensorProto.DataType.FLOAT8E5M2_VALUE -> "FLOAT8E5M2";
            case TensorProto.DataType.FLOAT8E5M2FNUZ_VALUE -> "FLOAT8E5M2FNUZ";
            case TensorProto.DataType.UINT4_VALUE -> "UINT4";
            case TensorProto.DataType.INT4_VALUE -> "INT4";
            default -> "";
        };
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
