package io.conv4j.tensor;

import io.conv4j.Conv4jException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Numbers with a type and a shape, dense and row-major (an image batch is N, C, H, W). The memory is direct, in native
 * byte order and, when allocated here, 64-byte aligned, so that native code works on it without a copy. It needs no
 * closing; the garbage collector frees it.
 *
 * <p>Shape and type are fixed; the numbers may be changed through the buffers, which share the tensor's memory. A tensor
 * is not synchronised: while a run reads or writes it, nobody else may write it.
 */
public final class Tensor {
    /** Alignment in bytes of memory allocated here: a cache line and an AVX-512 register. */
    public static final int ALIGNMENT = 64;

    private final TensorType type;

    /** Null until somebody asks for the numbers of a deferred tensor. */
    private volatile @Nullable ByteBuffer data;

    /** Where the numbers are until then. */
    private final @Nullable TensorSource source;

    private Tensor(TensorType type, ByteBuffer data) {
        this.type = type;
        this.data = data;
        this.source = null;
    }

    private Tensor(TensorType type, TensorSource source) {
        this.type = type;
        this.source = source;
    }

    /**
     * A tensor whose numbers are fetched when somebody first asks for them, in the asking thread, and held from then on;
     * what fails then is thrown there. {@link #copyTo} fetches without holding. Nobody may write into it.
     */
    public static Tensor deferred(TensorType type, TensorSource source) {
        return new Tensor(type, source);
    }

    /** Whether the numbers of a {@linkplain #deferred deferred} tensor are not held yet. */
    public boolean isDeferred() {
        return data == null;
    }

    /** Fetches the numbers, if they are not held yet. */
    public void load() {
        data();
    }

    /**
     * Copies bytes of the tensor, without holding them if they are not held yet.
     *
     * @param offset of the first byte
     * @param dst in native byte order; filled up
     */
    public void copyTo(long offset, ByteBuffer dst) {
        ByteBuffer there = data;
        if (there != null) {
            dst.put(there.slice(Math.toIntExact(offset), dst.remaining()));
        } else if (source != null) {
            source.read(offset, dst);
        }
    }

    private ByteBuffer data() {
        ByteBuffer there = data;
        return there != null ? there : fetch();
    }

    private synchronized ByteBuffer fetch() {
        ByteBuffer there = data;
        if (there == null) {
            there = allocate(type);
            Objects.requireNonNull(source).read(0, there.duplicate().order(ByteOrder.nativeOrder()));
            data = there;
        }
        return there;
    }

    /** A tensor of zeros. */
    public static Tensor zeros(DataType type, Shape shape) {
        return zeros(new TensorType(type, shape));
    }

    /** A tensor of zeros. */
    public static Tensor zeros(TensorType type) {
        return new Tensor(type, allocate(type));
    }

    /** An f32 tensor with a copy of these values, row-major. */
    public static Tensor of(Shape shape, float... values) {
        return of(shape, FloatBuffer.wrap(values));
    }

    /** An f32 tensor with a copy of the remaining values, row-major; the buffer's position is left alone. */
    public static Tensor of(Shape shape, FloatBuffer values) {
        Tensor tensor = zeros(DataType.F32, checked(shape, values.remaining()));
        tensor.floats().put(values.duplicate());
        return tensor;
    }

    /** An s64 tensor with a copy of these values, row-major. */
    public static Tensor ofLongs(Shape shape, long... values) {
        Tensor tensor = zeros(DataType.S64, checked(shape, values.length));
        tensor.longs().put(values);
        return tensor;
    }

    /**
     * A tensor over the remaining bytes of a direct buffer, shared, not copied: in native byte order, aligned to the
     * element size.
     *
     * @throws Conv4jException if the buffer is not direct, not of the tensor's size or not aligned
     */
    public static Tensor wrap(DataType type, Shape shape, ByteBuffer data) {
        TensorType wanted = new TensorType(type, shape);
        if (!data.isDirect()) {
            throw new Conv4jException(
                    "a tensor wraps direct buffers only: use ByteBuffer.allocateDirect, or copy with Tensor.of");
        }
        if (data.remaining() != wanted.bytes()) {
            throw new Conv4jException("a tensor of " + wanted + " takes " + wanted.bytes() + " bytes, the buffer has "
                    + data.remaining());
        }
        if (data.alignmentOffset(data.position(), type.bytes()) != 0) {
            throw new Conv4jException("the buffer for " + wanted + " is not aligned to " + type.bytes() + " bytes");
        }
        return new Tensor(wanted, data.slice().order(ByteOrder.nativeOrder()));
    }

    private static Shape checked(Shape shape, int values) {
        if (values != shape.elements()) {
            throw new Conv4jException("shape " + shape + " takes " + shape.elements() + " values, got " + values);
        }
        return shape;
    }

    private static ByteBuffer allocate(TensorType type) {
        long bytes = type.bytes();
        if (bytes > Integer.MAX_VALUE - 2 * ALIGNMENT) {
            throw new Conv4jException("a tensor of " + type + " takes " + bytes + " bytes; the limit is 2 GiB");
        }
        try {
            // alignedSlice cuts both ends to multiples of the alignment, so that the end needs room as well.
            return ByteBuffer.allocateDirect((int) bytes + 2 * ALIGNMENT)
                    .alignedSlice(ALIGNMENT)
                    .limit((int) bytes)
                    .slice()
                    .order(ByteOrder.nativeOrder());
        } catch (OutOfMemoryError e) {
            throw new Conv4jException(
                    "no memory for a tensor of " + type + ", " + bytes
                            + " bytes: raise -XX:MaxDirectMemorySize (its default is -Xmx)",
                    e);
        }
    }

    /** Element type and shape. */
    public TensorType type() {
        return type;
    }

    /** Element type. */
    public DataType dataType() {
        return type.type();
    }

    /** The extents. */
    public Shape shape() {
        return type.shape();
    }

    /** The same numbers under another shape with as many elements; memory is shared. */
    public Tensor reshape(Shape shape) {
        return new Tensor(new TensorType(dataType(), checked(shape, shape().elements())), data());
    }

    /**
     * Whether the other tensor is a view of this one's memory, as {@link #reshape} makes them. Buffers that overlap and
     * were wrapped one by one are not found out.
     */
    @SuppressWarnings("ReferenceEquality") // the memory is asked for, not its numbers
    public boolean sharesMemoryWith(Tensor other) {
        return data() == other.data();
    }

    /** Whether the memory is that of a read-only buffer, so that the tensor can be read but not be written. */
    public boolean readOnly() {
        return data().isReadOnly();
    }

    /** The memory as bytes, shared, position 0, native byte order. */
    public ByteBuffer bytes() {
        return data().duplicate().order(ByteOrder.nativeOrder());
    }

    /** The memory as f32, shared. */
    public FloatBuffer floats() {
        require(DataType.F32);
        return bytes().asFloatBuffer();
    }

    /** The memory as s32, shared. */
    public IntBuffer ints() {
        require(DataType.S32);
        return bytes().asIntBuffer();
    }

    /** The memory as s64, shared. */
    public LongBuffer longs() {
        require(DataType.S64);
        return bytes().asLongBuffer();
    }

    /** The memory as raw bf16, shared. */
    public ShortBuffer bf16() {
        require(DataType.BF16);
        return bytes().asShortBuffer();
    }

    /** A fresh array with the f32 values. */
    public float[] toFloats() {
        float[] values = new float[shape().elements()];
        floats().get(values);
        return values;
    }

    /** A fresh array with the values of any integer or bool type. */
    public long[] toLongs() {
        if (dataType().floating()) {
            throw new Conv4jException("a tensor of " + type + " does not hold integers");
        }
        long[] values = new long[shape().elements()];
        if (dataType() == DataType.S64) {
            longs().get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = getLong(i);
        }
        return values;
    }

    /** One value, by its row-major position; s64 beyond 2^53 is rounded. */
    public double get(int index) {
        return switch (dataType()) {
            case F32 -> data().getFloat(index * 4);
            case BF16 -> Float.intBitsToFloat(data().getShort(index * 2) << 16);
            case U8, BOOL -> data().get(index) & 0xff;
            case S8 -> data().get(index);
            case S32 -> data().getInt(index * 4);
            case S64 -> data().getLong(index * 8);
        };
    }

    /** Sets one value, by its row-major position; integers saturate, bf16 rounds to nearest even, bool becomes 0 or 1. */
    public void set(int index, double value) {
        switch (dataType()) {
            case F32 -> data().putFloat(index * 4, (float) value);
            case BF16 -> data().putShort(index * 2, toBf16((float) value));
            case U8 -> data().put(index, (byte) (int) Math.max(0, Math.min(255, Math.rint(value))));
            case S8 -> data().put(index, (byte) (int) Math.max(-128, Math.min(127, Math.rint(value))));
            case S32 -> data().putInt(index * 4, (int) value);
            case S64 -> data().putLong(index * 8, (long) value);
            case BOOL -> data().put(index, (byte) (value != 0 ? 1 : 0));
        }
    }

    /** One integer or bool, exact, by its row-major position; a fraction is cut towards 0. */
    public long getLong(int index) {
        return dataType() == DataType.S64 ? data().getLong(index * 8) : (long) get(index);
    }

    /** Sets one value, by its row-major position; narrower integers keep the low bits, as in a C cast. */
    public void setLong(int index, long value) {
        switch (dataType()) {
            case F32 -> data().putFloat(index * 4, (float) value);
            case BF16 -> data().putShort(index * 2, toBf16((float) value));
            case U8, S8 -> data().put(index, (byte) value);
            case S32 -> data().putInt(index * 4, (int) value);
            case S64 -> data().putLong(index * 8, value);
            case BOOL -> data().put(index, (byte) (value != 0 ? 1 : 0));
        }
    }

    private static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** Copies all numbers from a tensor of the same type and shape. */
    public void copyFrom(Tensor src) {
        if (!src.type.equals(type)) {
            throw new Conv4jException("cannot copy " + src.type + " into " + type);
        }
        bytes().put(src.bytes());
    }

    private void require(DataType wanted) {
        if (dataType() != wanted) {
            throw new Conv4jException("a tensor of " + type + " was read as " + wanted.word());
        }
    }

    /** Type and shape, not the numbers. */
    @Override
    public String toString() {
        return "Tensor " + type;
    }
}
