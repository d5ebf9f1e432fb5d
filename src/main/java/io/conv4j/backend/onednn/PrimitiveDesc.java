package io.conv4j.backend.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/** A primitive that oneDNN has agreed to: which implementation, and which layouts it wants. */
final class PrimitiveDesc {
    /** Creates the descriptor proper with attributes: one of {@link NativeNetwork}'s methods for primitives. */
    @FunctionalInterface
    interface Creator {
        /** Its address or, negative, oneDNN's status. */
        long create(long attributes);
    }

    private final Resources resources;
    private final long address;
    private final String implementation;

    private PrimitiveDesc(Resources resources, long address) {
        this.resources = resources;
        this.address = address;
        this.implementation = NativeNetwork.implementation(address);
    }

    /** Asks oneDNN; null if it has no implementation. */
    static @Nullable PrimitiveDesc create(Resources resources, Attributes attributes, String what, Creator creator) {
        long made = creator.create(attributes.address());
        if (made == -dnnl.dnnl_unimplemented || made == -dnnl.dnnl_invalid_arguments) {
            return null;
        }
        Dnnl.check(made, "describing", what);
        resources.onClose(new Handle(Handle.Kind.PRIMITIVE_DESC, made));
        return new PrimitiveDesc(resources, made);
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
        return new Desc(NativeNetwork.argumentDesc(address, what));
    }

    /** Bytes of scratchpad, 0 for none. */
    long scratchpadBytes() {
        return query(dnnl.dnnl_query_scratchpad_md).size();
    }

    /** Creates the primitive itself. */
    long primitive(String what) {
        long primitive = NativeNetwork.createPrimitive(address);
        Dnnl.check(primitive, "creating", what);
        resources.onClose(new Handle(Handle.Kind.PRIMITIVE, primitive));
        return primitive;
    }
}
