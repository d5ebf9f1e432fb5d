package io.conv4j.onnx;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;

/** Makes tensors of the file's tensors; sizes are compared before anything is allocated. */
final class TensorReader {
    /** More axes than any network has; every pass over the axes of a tensor is short. */
    static final int MOST_AXES = 64;

    private final ExternalData external;

    TensorReader(ExternalData external) {
        this.external = external;
    }

    /** The tensor; memory of its own, direct. */
    Tensor read(TensorMessage message) {
        return read(message, Integer.MAX_VALUE);
    }

    /** The tensor; if its numbers are more bytes than these and need no conversion, they are read when they are asked for. */
    Tensor read(TensorMessage message, int mostBytes) {
        String name = message.name();
        ElementType element = element(message);
        Shape shape = shape(message);
        if (message.isExternal()) {
            return ofBytes(name, element, shape, outside(message, (long) shape.elements() * element.bytes()));
        }
        if (message.rawLength() == 0) {
            return ofNumbers(message, element, shape);
        }
        if (!element.isPlain() || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return ofBytes(name, element, shape, message.copyOfRaw());
        }
        requireBytes(name, shape, (long) shape.elements() * element.bytes(), message.rawLength());
        if (message.rawLength() > mostBytes) {
            return Tensor.deferred(new TensorType(element.type(), shape), message.raw());
        }
        Tensor tensor = Tensor.zeros(element.type(), shape);
        message.raw().read(0, tensor.bytes());
        return tensor;
    }

    private static ElementType element(TensorMessage message) {
        if (message.isSegmented()) {
            throw new ModelFormatException(
                    "tensor '" + message.name() + "' is cut into segments, which no file should have");
        }
        Optional<ElementType> element = ElementType.of(message.dataType());
        if (element.isEmpty()) {
            throw new Conv4jException("tensor '" + message.name() + "' holds " + ElementType.word(message.dataType())
                    + ", which conv4j does not compute with");
        }
        return element.get();
    }

    private static Shape shape(TensorMessage message) {
        if (message.dims().count() > MOST_AXES) {
            throw new ModelFormatException(
                    "tensor '" + message.name() + "' has " + message.dims().count() + " axes, at most " + MOST_AXES);
        }
        try {
            long[] dims = new long[message.dims().count()];
            for (int axis = 0; axis < dims.length; axis++) {
                dims[axis] = message.dims().get(axis);
            }
            return Shape.ofLongs(dims);
        } catch (Conv4jException e) {
            throw new ModelFormatException("tensor '" + message.name() + "': " + e.getMessage(), e);
        }
    }

    private ByteBuffer outside(TensorMessage message, long bytes) {
        String location = "";
        long offset = 0;
        for (Map.Entry<String, String> entry : message.externalData().entrySet()) {
            switch (entry.getKey()) {
                case "location" -> location = entry.getValue();
                case "offset" -> offset = number(message, entry);
                case "length" -> {
                    if (number(message, entry) != bytes) {
                        throw new ModelFormatException("tensor '" + message.name() + "' takes " + bytes
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
                    "external data '" + location + "' of tensor '" + message.name() + "': " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.NoSuchFileException
                ? "there is no such file"
                : String.valueOf(e.getMessage());
    }

    private static long number(TensorMessage message, Map.Entry<String, String> entry) {
        try {
            long number = Long.parseLong(entry.getValue());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new ModelFormatException("external data of tensor '" + message.name() + "' has the " + entry.getKey()
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

    private static Tensor ofNumbers(TensorMessage message, ElementType element, Shape shape) {
        int count =
                switch (element) {
                    case FLOAT -> message.floats().count();
                    case DOUBLE -> message.doubles().count();
                    case INT64 -> message.longs().count();
                    case UINT32, UINT64 -> message.unsigned().count();
                    case UINT8, INT8, UINT16, INT16, INT32, BOOL, FLOAT16, BFLOAT16 ->
                        message.ints().count();
                };
        if (count != shape.elements()) {
            throw new ModelFormatException("tensor '" + message.name() + "' of shape " + shape + " takes "
                    + shape.elements() + " numbers, there are " + count);
        }
        Tensor tensor = Tensor.zeros(element.type(), shape);
        switch (element) {
            case FLOAT -> {
                for (int i = 0; i < count; i++) {
                    tensor.set(i, Float.intBitsToFloat((int) message.floats().get(i)));
                }
            }
            case DOUBLE -> {
                for (int i = 0; i < count; i++) {
                    tensor.set(i, Double.longBitsToDouble(message.doubles().get(i)));
                }
            }
            case FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    putBits(tensor, i, element, (short) message.ints().get(i));
                }
            }
            case INT64 -> fill(tensor, message.longs());
            case UINT32, UINT64 -> fill(tensor, message.unsigned());
            case UINT8, INT8, UINT16, INT16, INT32, BOOL -> fill(tensor, message.ints());
        }
        return tensor;
    }

    private static void fill(Tensor tensor, Numbers numbers) {
        for (int i = 0; i < numbers.count(); i++) {
            tensor.setLong(i, numbers.get(i));
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
