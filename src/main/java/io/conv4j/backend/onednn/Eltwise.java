package io.conv4j.backend.onednn;

import io.conv4j.layer.Activation;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * An activation as oneDNN takes it.
 *
 * @param algorithm one of {@code dnnl_eltwise_…}
 */
record Eltwise(int algorithm, float alpha, float beta) {
    /** oneDNN's form of an activation; null if it has none. */
    static @Nullable Eltwise of(Activation activation) {
        float alpha = activation.alpha();
        float beta = activation.beta();
        return switch (activation.kind()) {
            case RELU -> new Eltwise(dnnl.dnnl_eltwise_relu, 0, 0);
            case LEAKY_RELU -> new Eltwise(dnnl.dnnl_eltwise_relu, alpha, 0);
            case CLIP -> new Eltwise(dnnl.dnnl_eltwise_clip_v2, alpha, beta);
            case SIGMOID -> new Eltwise(dnnl.dnnl_eltwise_logistic, 0, 0);
            case TANH -> new Eltwise(dnnl.dnnl_eltwise_tanh, 0, 0);
            case HARD_SIGMOID -> new Eltwise(dnnl.dnnl_eltwise_hardsigmoid, alpha, beta);
            case HARD_SWISH -> new Eltwise(dnnl.dnnl_eltwise_hardswish, alpha, beta);
            case SWISH -> new Eltwise(dnnl.dnnl_eltwise_swish, alpha, 0);
            case ELU -> new Eltwise(dnnl.dnnl_eltwise_elu, alpha, 0);
            case LINEAR -> new Eltwise(dnnl.dnnl_eltwise_linear, alpha, beta);
            case EXP -> new Eltwise(dnnl.dnnl_eltwise_exp, 0, 0);
            case LOG -> new Eltwise(dnnl.dnnl_eltwise_log, 0, 0);
            case SQRT -> new Eltwise(dnnl.dnnl_eltwise_sqrt, 0, 0);
            case ABS -> new Eltwise(dnnl.dnnl_eltwise_abs, 0, 0);
            case NEGATE -> new Eltwise(dnnl.dnnl_eltwise_linear, -1, 0);
            case RECIPROCAL -> new Eltwise(dnnl.dnnl_eltwise_pow, 1, -1);
            case ROUND -> new Eltwise(dnnl.dnnl_eltwise_round, 0, 0);
            case POWER -> power(alpha, beta);
            case GELU -> new Eltwise(dnnl.dnnl_eltwise_gelu_erf, 0, 0);
            case GELU_TANH -> new Eltwise(dnnl.dnnl_eltwise_gelu_tanh, 0, 0);
            case SOFTPLUS -> new Eltwise(dnnl.dnnl_eltwise_soft_relu, 1, 0);
            case MISH -> new Eltwise(dnnl.dnnl_eltwise_mish, 0, 0);
            case FLOOR, CEIL, ERF, NOT -> null;
        };
    }

    /** α·xᵝ; the square has a form of its own that is exact. */
    static Eltwise power(float alpha, float beta) {
        return alpha == 1 && beta == 2
                ? new Eltwise(dnnl.dnnl_eltwise_square, 0, 0)
                : new Eltwise(dnnl.dnnl_eltwise_pow, alpha, beta);
    }

    /** Describes it from a tensor to one of the same form; see {@link PrimitiveDesc.Creator}. */
    long create(Desc desc, long attributes) {
        return NativeNetwork.eltwise(Dnnl.engine(), algorithm, desc.address(), alpha, beta, attributes);
    }
}
