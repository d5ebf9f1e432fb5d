package io.conv4j.backend.onednn;

/** What the vector units of this CPU are like, as far as algorithms are chosen by it. */
final class VectorUnits {
    private VectorUnits() {}

    /**
     * Whether they have AVX-512 and are known to add in units apart from those that multiply, as those of Zen 4 and the
     * {@linkplain #areWide wide} ones of Zen 5: sums beside products cost little then.
     */
    static boolean addApart() {
        return NativeNetwork.fipVectors() > 0;
    }

    /**
     * Whether these, with adders of their own, compute whole vectors of 512 bits in a step, as Zen 5's: what is done beside products
     * takes as long as on others, the products half as long.
     */
    static boolean areWide() {
        return NativeNetwork.fipVectors() == 2;
    }
}
