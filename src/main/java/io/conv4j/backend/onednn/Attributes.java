package io.conv4j.backend.onednn;

import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.global.dnnl;

/**
 * Attributes of a primitive: the scratchpad is always the caller's (oneDNN's own is bound to the creating thread), and
 * post-ops in order.
 */
final class Attributes {
    private final dnnl_primitive_attr handle = new dnnl_primitive_attr();
    private final dnnl_post_ops postOps = new dnnl_post_ops();
    private int count;

    private Attributes(Resources resources) {
        Dnnl.check(dnnl.dnnl_primitive_attr_create(handle), "creating attributes");
        resources.onClose(() -> dnnl.dnnl_primitive_attr_destroy(handle));
        Dnnl.check(dnnl.dnnl_post_ops_create(postOps), "creating post-ops");
        resources.onClose(() -> dnnl.dnnl_post_ops_destroy(postOps));
        Dnnl.check(
                dnnl.dnnl_primitive_attr_set_scratchpad_mode(handle, dnnl.dnnl_scratchpad_mode_user),
                "choosing the scratchpad");
    }

    /** Attributes without post-ops. */
    static Attributes none(Resources resources) {
        return new Attributes(resources);
    }

    Attributes eltwise(Eltwise eltwise) {
        return appended(
                dnnl.dnnl_post_ops_append_eltwise(postOps, eltwise.algorithm(), eltwise.alpha(), eltwise.beta()));
    }

    /** Adds what dst holds before the primitive runs. */
    Attributes sum() {
        return appended(dnnl.dnnl_post_ops_append_sum(postOps, 1, 0, dnnl.dnnl_data_type_undef));
    }

    /** Combines with another tensor; returns the id under which it is an argument. */
    int binary(int algorithm, Desc operand) {
        appended(dnnl.dnnl_post_ops_append_binary(postOps, algorithm, operand.handle()));
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * count | dnnl.DNNL_ARG_SRC_1;
    }

    private Attributes appended(int status) {
        Dnnl.check(status, "appending a post-op");
        count++;
        Dnnl.check(dnnl.dnnl_primitive_attr_set_post_ops(handle, postOps), "setting post-ops");
        return this;
    }

    dnnl_primitive_attr handle() {
        return handle;
    }
}
