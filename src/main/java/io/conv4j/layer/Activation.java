package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * A function of one element: activations and the unary arithmetic beside them.
 *
 * @param kind the function
 * @param alpha first parameter, where the kind has one
 * @param beta second parameter, where the kind has one
 */
public record Activation(Kind kind, float alpha, float beta) implements Layer {
    /** The functions. x is the element, α and β the parameters. */
    public enum Kind {
        /** max(x, 0). */
        RELU,
        /** x where x ≥ 0, αx elsewhere. */
        LEAKY_RELU,
        /** x kept between α and β. */
        CLIP,
        /** 1/(1+e⁻ˣ). */
        SIGMOID,
        /** The hyperbolic tangent. */
        TANH,
        /** αx+β kept between 0 and 1. */
        HARD_SIGMOID,
        /** x · (αx+β kept between 0 and 1); α = 1/6, β = 1/2 in MobileNetV3. */
        HARD_SWISH,
        /** x/(1+e⁻ᵅˣ); SiLU for α = 1. */
        SWISH,
        /** x where x ≥ 0, α(eˣ−1) elsewhere. */
        ELU,
        /** αx+β. */
        LINEAR,
        /** eˣ. */
        EXP,
        /** ln x. */
        LOG,
        /** √x. */
        SQRT,
        /** |x|. */
        ABS,
        /** −x. */
        NEGATE,
        /** 1/x. */
        RECIPROCAL,
        /** The largest integer not above x. */
        FLOOR,
        /** The smallest integer not below x. */
        CEIL,
        /** The nearest integer, ties to even. */
        ROUND,
        /** The Gauss error function. */
        ERF,
        /** α·xᵝ. */
        POWER,
        /** x/2 · (1 + erf(x/√2)) (Hendrycks and Gimpel 2016). */
        GELU,
        /** x/2 · (1 + tanh(√(2/π)(x + 0.044715x³))), the same paper's approximation of it. */
        GELU_TANH,
        /** ln(1 + eˣ). */
        SOFTPLUS,
        /** x · tanh(ln(1 + eˣ)) (Misra 2019). */
        MISH,
        /** 1 where x is 0, else 0; bool. */
        NOT
    }

    /** Checks the parameters. */
    public Activation {
        if (Float.isNaN(alpha) || Float.isNaN(beta)) {
            throw new Conv4jException(kind + " with a parameter that is not a number: " + alpha + ", " + beta);
        }
        if (kind == Kind.CLIP && alpha > beta) {
            throw new Conv4jException("CLIP from " + alpha + " to " + beta + " leaves no value");
        }
    }

    /** As a record's own, which costs the JVM 20 ms when it is first called. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Activation that
                && kind == that.kind
                && Float.compare(alpha, that.alpha) == 0
                && Float.compare(beta, that.beta) == 0;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * kind.hashCode() + Float.hashCode(alpha)) + Float.hashCode(beta);
    }

    /** A function without parameters. */
    public static Activation of(Kind kind) {
        return new Activation(kind, 0, 0);
    }

    /** max(x, 0). */
    public static Activation relu() {
        return of(Kind.RELU);
    }

    /** x kept between low and high. */
    public static Activation clip(float low, float high) {
        return new Activation(Kind.CLIP, low, high);
    }

    /** x · (x/6 + 1/2 kept between 0 and 1). */
    public static Activation hardSwish() {
        return new Activation(Kind.HARD_SWISH, 1f / 6, 0.5f);
    }

    /** The function itself, in double: its definition for every back end's judge. */
    public double apply(double x) {
        return switch (kind) {
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> x >= 0 ? x : alpha * x;
            case CLIP -> Math.min(Math.max(x, alpha), beta);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case TANH -> Math.tanh(x);
            case HARD_SIGMOID -> hardSigmoid(x);
            case HARD_SWISH -> x * hardSigmoid(x);
            case SWISH -> x / (1 + Math.exp(-alpha * x));
            case ELU -> x >= 0 ? x : alpha * Math.expm1(x);
            case LINEAR -> alpha * x + beta;
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case ABS -> Math.abs(x);
            case NEGATE -> -x;
            case RECIPROCAL -> 1 / x;
            case FLOOR -> Math.floor(x);
            case CEIL -> Math.ceil(x);
            case ROUND -> Math.rint(x);
            case ERF -> erf(x);
            case POWER -> alpha * Math.pow(x, beta);
            case GELU -> x / 2 * (1 + erf(x * Math.sqrt(0.5)));
            case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case SOFTPLUS -> softplus(x);
            case MISH -> x * Math.tanh(softplus(x));
            case NOT -> x == 0 ? 1 : 0;
        };
    }

    /** Without overflow for large x. */
    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private double hardSigmoid(double x) {
        return Math.max(0, Math.min(1, alpha * x + beta));
    }

    /**
     * The error function to about 1e-15: its Maclaurin series near 0, the continued fraction of erfc elsewhere (Abramowitz
     * and Stegun 7.1.6 and 7.1.14).
     */
    private static double erf(double x) {
        double magnitude = Math.abs(x);
        if (Double.isNaN(x) || magnitude > 6) {
            return Double.isNaN(x) ? x : Math.signum(x);
        }
        if (magnitude < 2.5) {
            double term = x;
            double sum = x;
            for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
                term *= 2 * x * x / (2 * n + 1);
                sum += term;
            }
            return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
        }
        double fraction = 0;
        for (int n = 60; n >= 1; n--) {
            fraction = n / 2.0 / (magnitude + fraction);
        }
        return Math.signum(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (magnitude + fraction));
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        TensorType src = inputs.get(0);
        if ((src.type() == DataType.BOOL) != (kind == Kind.NOT)) {
            throw Inputs.failure(this, kind + " does not take " + src.type());
        }
        return inputs;
    }

    @Override
    public String word() {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }
}
