package io.conv4j.backend.onednn;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * A memory descriptor: extents, element type and layout of a primitive's argument. Owned by the resources
 * it was made with.
 */
record Desc(dnnl_memory_desc handle) {
    /** Every element of a value, in a layout. */
    static Desc dense(Resources resources, DataType type, Shape shape, Layout layout) {
        Shape ranked = shape.rank() == 0 ? Shape.of(1) : shape;
        dnnl_memory_desc handle = new dnnl_memory_desc();
        Dnnl.check(
                dnnl.dnnl_memory_desc_create_with_tag(
                        handle, ranked.rank(), ranked.toLongs(), number(type), layout.tag(ranked.rank())),
                "describing " + shape + " " + layout);
        return owned(resources, handle);
    }

    /** A layout that the primitive chooses. */
    static Desc any(Resources resources, DataType type, long... extents) {
        dnnl_memory_desc handle = new dnnl_memory_desc();
        Dnnl.check(
                dnnl.dnnl_memory_desc_create_with_tag(
                        handle, extents.length, extents, number(type), dnnl.dnnl_format_tag_any),
                "describing any layout of " + java.util.Arrays.toString(extents));
        return owned(resources, handle);
    }

    /** Elements at these distances from each other. */
    static Desc strided(Resources resources, DataType type, long[] extents, long[] strides) {
        dnnl_memory_desc handle = new dnnl_memory_desc();
        Dnnl.check(
                dnnl.dnnl_memory_desc_create_with_strides(handle, extents.length, extents, number(type), strides),
                "describing " + java.util.Arrays.toString(extents) + " with strides "
                        + java.util.Arrays.toString(strides));
        return owned(resources, handle);
    }

    /** So many bytes, whatever they mean. */
    static Desc bytes(Resources resources, long count) {
        dnnl_memory_desc handle = new dnnl_memory_desc();
        Dnnl.check(
                dnnl.dnnl_memory_desc_create_with_tag(handle, 1, new long[] {count}, dnnl.dnnl_u8, dnnl.dnnl_a),
                "describing " + count + " bytes");
        return owned(resources, handle);
    }

    /** oneDNN's number of an element type that primitives compute with. */
    private static int number(DataType type) {
        return switch (type) {
            case F32 -> dnnl.dnnl_f32;
            case BF16 -> dnnl.dnnl_bf16;
            default -> throw new IllegalArgumentException("no primitive computes with " + type.word());
        };
    }

    private static Desc owned(Resources resources, dnnl_memory_desc handle) {
        resources.onClose(() -> dnnl.dnnl_memory_desc_destroy(handle));
        return new Desc(handle);
    }

    /** Bytes that memory of this descriptor takes, padding and appended data included. */
    long size() {
        return dnnl.dnnl_memory_desc_get_size(handle);
    }

    boolean isSameAs(Desc other) {
        return dnnl.dnnl_memory_desc_equal(handle, other.handle) != 0;
    }

    long address() {
        return handle.address();
    }
}
