package io.conv4j.backend;

/** In what precision f32 tensors are held and multiplied while a plan runs. Inputs and outputs stay f32. */
public enum Precision {
    /** As they are: 24 bits. */
    F32(24, 1e-7),
    /** bfloat16, 8 bits, summed in f32: half the memory, twice the products a second where the CPU has units for it. */
    BF16(8, 1e-3);

    private final int bits;
    private final double tolerance;

    Precision(int bits, double tolerance) {
        this.bits = bits;
        this.tolerance = tolerance;
    }

    /** The largest NMSE of a network's floating-point results, Σ(got − want)² ÷ Σwant², that it is meant to have. */
    public double tolerance() {
        return tolerance;
    }

    /**
     * The mean square of the relative error that one rounding makes: ulp² ÷ (32 ln 2), where ulp is that of 1. An error
     * within half a unit either way has the mean square ulp²/12, and significands, which lie in [1, 2) logarithmically
     * distributed (Hamming, On the Distribution of Numbers, Bell Syst. Tech. J. 49, 1970), have ∫ m⁻³/ln 2 = 3/(8 ln 2) as
     * the mean of their inverse squares.
     */
    public double rounding() {
        double ulp = Math.scalb(1.0, 1 - bits);
        return ulp * ulp / (32 * Math.log(2));
    }

    /** The name as printed: {@code bf16}. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
