package io.conv4j.backend.onednn;

import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/** A primitive that oneDNN has agreed to: which implementation, and which layouts it wants. */
final class PrimitiveDesc {
    /** Creates the descriptor proper: one of oneDNN's {@code …_primitive_desc_create}. */
    @FunctionalInterface
    interface Creator {
        int create(dnnl_primitive_desc result, dnnl_primitive_attr attr);
    }

    /** Creates the descriptor proper through a pointer to it. */
    @FunctionalInterface
    interface PointerCreator {
        int create(PointerPointer<dnnl_primitive_desc> result, dnnl_primitive_attr attr);
    }

    private final Resources resources;
    private final dnnl_primitive_desc handle;
    private final String implementation;

    private PrimitiveDesc(Resources resources, dnnl_primitive_desc handle) {
        this.resources = resources;
        this.handle = handle;
        this.implementation = queryImplementation();
    }

    /** Asks oneDNN; null if it has no implementation. */
    static @Nullable PrimitiveDesc create(Resources resources, Attributes attributes, String what, Creator creator) {
        dnnl_primitive_desc handle = new dnnl_primitive_desc();
        int status = creator.create(handle, attributes.handle());
        return created(resources, status, handle, what);
    }

    /** The same, for functions that take lists and so write the result through a pointer. */
    static @Nullable PrimitiveDesc createThrough(
            Resources resources, Attributes attributes, String what, PointerCreator creator) {
        try (PointerPointer<dnnl_primitive_desc> result = new PointerPointer<>(1)) {
            int status = creator.create(result, attributes.handle());
            return created(resources, status, result.get(dnnl_primitive_desc.class, 0), what);
        }
    }

    private static @Nullable PrimitiveDesc created(
            Resources resources, int status, dnnl_primitive_desc handle, String what) {
        if (status == dnnl.dnnl_unimplemented || status == dnnl.dnnl_invalid_arguments) {
            return null;
        }
        Dnnl.check(status, "describing " + what);
        resources.onClose(() -> dnnl.dnnl_primitive_desc_destroy(handle));
        return new PrimitiveDesc(resources, handle);
    }

    private String queryImplementation() {
        try (PointerPointer<BytePointer> result = new PointerPointer<>(1)) {
            Dnnl.check(
                    dnnl.dnnl_primitive_desc_query(handle, dnnl.dnnl_query_impl_info_str, 0, result),
                    "asking for an implementation's name");
            return result.get(BytePointer.class, 0).getString();
        }
    }

    /** oneDNN's name of the implementation: {@code brg_conv_fwd:avx512_core}. */
    String implementation() {
        return implementation;
    }

    /** Whether the implementation is one to be avoided: a reference loop, or one that unrolls into memory. */
    boolean isSlow() {
        return implementation.contains("ref")
                || implementation.contains("gemm:jit")
                || implementation.startsWith("conv:any")
                || implementation.startsWith("x64:gemm");
    }

    /** The layout it wants of an argument: {@code dnnl_query_weights_md} and the like. */
    Desc query(int what) {
        return new Desc(dnnl.dnnl_primitive_desc_query_md(handle, what, 0));
    }

    /** Bytes of scratchpad, 0 for none. */
    long scratchpadBytes() {
        return query(dnnl.dnnl_query_scratchpad_md).size();
    }

    /** Creates the primitive itself. */
    long primitive(String what) {
        dnnl_primitive primitive = new dnnl_primitive();
        Dnnl.check(dnnl.dnnl_primitive_create(primitive, handle), "creating " + what);
        resources.onClose(() -> dnnl.dnnl_primitive_destroy(primitive));
        return primitive.address();
    }
}
