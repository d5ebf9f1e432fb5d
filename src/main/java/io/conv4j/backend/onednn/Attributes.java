package io.conv4j.backend.onednn;

import org.bytedeco.dnnl.global.dnnl;

/**
 * Attributes of a primitive: the scratchpad is always the caller's (oneDNN's own is bound to the creating thread), and
 * post-ops in order.
 */
final class Attributes {
    private final long address = NativeNetwork.createAttributes();
    private final long postOps = NativeNetwork.createPostOps();
    private int count;

    private Attributes(Resources resources) {
        Dnnl.check(address, "creating", "attributes");
        resources.onClose(new Handle(Handle.Kind.ATTRIBUTES, address));
        Dnnl.check(postOps, "creating", "post-ops");
        resources.onClose(new Handle(Handle.Kind.POST_OPS, postOps));
    }

    /** Attributes without post-ops. */
    static Attributes none(Resources resources) {
        return new Attributes(resources);
    }

    Attributes eltwise(Eltwise eltwise) {
        return appended(NativeNetwork.appendEltwise(postOps, eltwise.algorithm(), eltwise.alpha(), eltwise.beta()));
    }

    /** Adds what dst holds before the primitive runs. */
    Attributes sum() {
        return appended(NativeNetwork.appendSum(postOps));
    }

    /** Combines with another tensor; returns the id under which it is an argument. */
    int binary(int algorithm, Desc operand) {
        appended(NativeNetwork.appendBinary(postOps, algorithm, operand.address()));
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * count | dnnl.DNNL_ARG_SRC_1;
    }

    private Attributes appended(int status) {
        Dnnl.check(status, "appending a post-op");
        count++;
        Dnnl.check(NativeNetwork.setPostOps(address, postOps), "setting post-ops");
        return this;
    }

    long address() {
        return address;
    }
}
