package io.conv4j.backend;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Which algorithms may compute a step, and how one of them is chosen.
 *
 * @param winograd whether convolutions may be computed by algorithms of fewer products, Winograd's, Strassen's and the fast inner
 *     product, which are faster and round differently
 * @param tuning how to choose where there is no entry in the file
 * @param tuningFile text file of choices measured before; null for none. Entries of this machine, its libraries and this
 *     number of threads are followed under either tuning; {@link Tuning#MEASURE} adds what is missing, which creates the
 *     file, and {@link Tuning#RULE} writes nothing
 */
public record AlgorithmOptions(
        boolean winograd, Tuning tuning, @Nullable Path tuningFile) {
    /** All algorithms, chosen by rule. */
    public static final AlgorithmOptions DEFAULT = new AlgorithmOptions(true, Tuning.RULE, null);

    /** With the algorithms of fewer products allowed or forbidden. */
    public AlgorithmOptions winograd(boolean allowed) {
        return new AlgorithmOptions(allowed, tuning, tuningFile);
    }

    /** With another way to choose. */
    public AlgorithmOptions tuning(Tuning way) {
        return new AlgorithmOptions(winograd, way, tuningFile);
    }

    /** With another file of choices, or none. */
    public AlgorithmOptions tuningFile(@Nullable Path file) {
        return new AlgorithmOptions(winograd, tuning, file);
    }
}
