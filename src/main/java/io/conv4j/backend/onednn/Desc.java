package io.conv4j.backend.onednn;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * A memory descriptor: extents, element type and layout of a primitive's argument. Owned by the resources
 * it was made with.
 */
record Desc(long address) {
    /** Every element of a value, in a layout. */
    static Desc dense(Resources resources, DataType type, Shape shape, Layout layout) {
        Shape ranked = shape.rank() == 0 ? Shape.of(1) : shape;
        long made = NativeNetwork.taggedDesc(ranked.toLongs(), number(type), layout.tag(ranked.rank()));
        return owned(resources, made, shape, layout);
    }

    /** A layout that the primitive chooses. */
    static Desc any(Resources resources, DataType type, long... extents) {
        long made = NativeNetwork.taggedDesc(extents, number(type), dnnl.dnnl_format_tag_any);
        return owned(resources, made, type, "in any layout");
    }

    /** Elements at these distances from each other. */
    static Desc strided(Resources resources, DataType type, long[] extents, long[] strides) {
        return owned(resources, NativeNetwork.stridedDesc(extents, number(type), strides), type, "with strides");
    }

    /** So many bytes, whatever they mean. */
    static Desc bytes(Resources resources, long count) {
        long made = NativeNetwork.taggedDesc(new long[] {count}, dnnl.dnnl_u8, dnnl.dnnl_a);
        return owned(resources, made, count, "bytes");
    }

    /** oneDNN's number of an element type that primitives compute with. */
    private static int number(DataType type) {
        return switch (type) {
            case F32 -> dnnl.dnnl_f32;
            case BF16 -> dnnl.dnnl_bf16;
            default -> throw new IllegalArgumentException("no primitive computes with " + type.word());
        };
    }

    private static Desc owned(Resources resources, long made, Object what, Object how) {
        Dnnl.check(made, "describing", what, how);
        resources.onClose(new Handle(Handle.Kind.DESC, made));
        return new Desc(made);
    }

    /** The addresses of descriptors, 0 for one that is absent. */
    static long[] addresses(@Nullable Desc... descs) {
        long[] addresses = new long[descs.length];
        for (int i = 0; i < descs.length; i++) {
            Desc desc = descs[i];
            addresses[i] = desc == null ? 0 : desc.address;
        }
        return addresses;
    }

    /** Bytes that memory of this descriptor takes, padding and appended data included. */
    long size() {
        return NativeNetwork.descBytes(address);
    }

    boolean isSameAs(Desc other) {
        return NativeNetwork.descsEqual(address, other.address);
    }
}
