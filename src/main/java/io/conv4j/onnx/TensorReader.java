package io.conv4j.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntToLongFunction;

/** Makes tensors of the file's tensors; sizes are compared before anything is allocated. */
final class TensorReader {
    /** More axes than any network has; every pass over the axes of a tensor is short. */
    static final int MOST_AXES = 64;

    private final ExternalData external;

    TensorReader(ExternalData external) {
        this.external = external;
    }

    /** An initialiser whose numbers, if they were left behind, are read when they are asked for. */
    Tensor read(ModelScan.Initializer initializer, StoredNumbers stored) {
        TensorProto proto = initializer.proto();
        if (initializer.bytes() == 0 || proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return read(proto);
        }
        ElementType element = element(proto);
        Shape shape = shape(proto);
        if (!element.isPlain() || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            ByteBuffer numbers = ByteBuffer.allocate(initializer.bytes());
            stored.read(initializer.offset(), numbers);
            return ofBytes(proto.getName(), element, shape, numbers.flip());
        }
        requireBytes(proto.getName(), shape, (long) shape.elements() * element.bytes(), initializer.bytes());
        return Tensor.deferred(new TensorType(element.type(), shape), stored.at(initializer.offset()));
    }

    /** The tensor; memory of its own, direct. */
    Tensor read(TensorProto proto) {
        String name = proto.getName();
        ElementType element = element(proto);
        Shape shape = shape(proto);
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return ofBytes(name, element, shape, outside(proto, (long) shape.elements() * element.bytes()));
        }
        if (!proto.getRawData().isEmpty()) {
            return ofBytes(name, element, shape, proto.getRawData().asReadOnlyByteBuffer());
        }
        return ofNumbers(proto, element, shape);
    }

    private static ElementType element(TensorProto proto) {
        if (proto.hasSegment()) {
            throw new ModelFormatException(
                    "tensor '" + proto.getName() + "' is cut into segments, which no file should have");
        }
        return ElementType.of(proto.getDataType())
                .orElseThrow(() -> new Conv4jException("tensor '" + proto.getName() + "' holds "
                        + ElementType.word(proto.getDataType()) + ", which conv4j does not compute with"));
    }

    private static Shape shape(TensorProto proto) {
        if (proto.getDimsCount() > MOST_AXES) {
            throw new ModelFormatException(
                    "tensor '" + proto.getName() + "' has " + proto.getDimsCount() + " axes, at most " + MOST_AXES);
        }
        try {
            return Shape.ofLongs(
                    proto.getDimsList().stream().mapToLong(Long::longValue).toArray());
        } catch (Conv4jException e) {
            throw new ModelFormatException("tensor '" + proto.getName() + "': " + e.getMessage(), e);
        }
    }

    private ByteBuffer outside(TensorProto proto, long bytes) {
        String location = "";
        long offset = 0;
        for (StringStringEntryProto entry : proto.getExternalDataList()) {
            switch (entry.getKey()) {
                case "location" -> location = entry.getValue();
                case "offset" -> offset = number(proto, entry);
                case "length" -> {
                    if (number(proto, entry) != bytes) {
                        throw new ModelFormatException("tensor '" + proto.getName() + "' takes " + bytes
                                + " bytes, its external data is said to have " + entry.getValue());
                    }
                }
                default -> {} // a checksum, or what later versions add
            }
        }
        try {
            return external.read(location, offset, bytes);
        } catch (IOException e) {
            throw new ModelFormatException(
                    "external data '" + location + "' of tensor '" + proto.getName() + "': " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.NoSuchFileException
                ? "there is no such file"
                : String.valueOf(e.getMessage());
    }

    private static long number(TensorProto proto, StringStringEntryProto entry) {
        try {
            long number = Long.parseLong(entry.getValue());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new ModelFormatException("external data of tensor '" + proto.getName() + "' has the " + entry.getKey()
                + " '" + entry.getValue() + "'");
    }

    private static Tensor ofBytes(String name, ElementType element, Shape shape, ByteBuffer data) {
        long bytes = (long) shape.elements() * element.bytes();
        requireBytes(name, shape, bytes, data.remaining());
        Tensor tensor = Tensor.zeros(element.type(), shape);
        ByteBuffer little = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (element.isPlain() && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            tensor.bytes().put(little);
            return tensor;
        }
        for (int i = 0; i < shape.elements(); i++) {
            put(tensor, i, element, little);
        }
        return tensor;
    }

    private static void requireBytes(String name, Shape shape, long wanted, long there) {
        if (wanted != there) {
            throw new ModelFormatException(
                    "tensor '" + name + "' of shape " + shape + " takes " + wanted + " bytes, there are " + there);
        }
    }

    private static void put(Tensor tensor, int i, ElementType element, ByteBuffer data) {
        switch (element) {
            case FLOAT -> tensor.set(i, data.getFloat(i * 4));
            case DOUBLE -> tensor.set(i, data.getDouble(i * 8));
            case FLOAT16, BFLOAT16 -> putBits(tensor, i, element, data.getShort(i * 2));
            case UINT8, BOOL -> tensor.setLong(i, data.get(i) & 0xff);
            case INT8 -> tensor.setLong(i, data.get(i));
            case UINT16 -> tensor.setLong(i, data.getShort(i * 2) & 0xffff);
            case INT16 -> tensor.setLong(i, data.getShort(i * 2));
            case INT32 -> tensor.setLong(i, data.getInt(i * 4));
            case UINT32 -> tensor.setLong(i, data.getInt(i * 4) & 0xffffffffL);
            case INT64, UINT64 -> tensor.setLong(i, data.getLong(i * 8));
        }
    }

    private static void putBits(Tensor tensor, int i, ElementType element, short bits) {
        if (element == ElementType.BFLOAT16) {
            tensor.bf16().put(i, bits);
        } else {
            tensor.set(i, half(bits));
        }
    }

    private static Tensor ofNumbers(TensorProto proto, ElementType element, Shape shape) {
        int count =
                switch (element) {
                    case FLOAT -> proto.getFloatDataCount();
                    case DOUBLE -> proto.getDoubleDataCount();
                    case INT64 -> proto.getInt64DataCount();
                    case UINT32, UINT64 -> proto.getUint64DataCount();
                    case UINT8, INT8, UINT16, INT16, INT32, BOOL, FLOAT16, BFLOAT16 -> proto.getInt32DataCount();
                };
        if (count != shape.elements()) {
            throw new ModelFormatException("tensor '" + proto.getName() + "' of shape " + shape + " takes "
                    + shape.elements() + " numbers, there are " + count);
        }
        Tensor tensor = Tensor.zeros(element.type(), shape);
        switch (element) {
            case FLOAT -> {
                for (int i = 0; i < count; i++) {
                    tensor.set(i, proto.getFloatData(i));
                }
            }
            case DOUBLE -> {
                for (int i = 0; i < count; i++) {
                    tensor.set(i, proto.getDoubleData(i));
                }
            }
            case FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    putBits(tensor, i, element, (short) proto.getInt32Data(i));
                }
            }
            case INT64 -> fill(tensor, proto::getInt64Data);
            case UINT32, UINT64 -> fill(tensor, proto::getUint64Data);
            case UINT8, INT8, UINT16, INT16, INT32, BOOL -> fill(tensor, proto::getInt32Data);
        }
        return tensor;
    }

    private static void fill(Tensor tensor, IntToLongFunction number) {
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.setLong(i, number.applyAsLong(i));
        }
    }

    /** IEEE 754 half precision. */
    static float half(short bits) {
        int exponent = bits >>> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        float magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1p-24f;
                    case 31 -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
                };
        return bits < 0 ? -magnitude : magnitude;
    }
}
