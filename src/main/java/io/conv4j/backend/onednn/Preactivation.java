package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.tensor.DataType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch normalisation, with relu or not, and the pointwise convolution that alone reads its result, as in networks with
 * pre-activation (He et al. 2016, <i>Identity Mappings in Deep Residual Networks</i>; Huang et al. 2017, <i>Densely Connected
 * Convolutional Networks</i>): some pixels at a time are normalised, and multiplied while they lie in a level-2 cache. The
 * normalised tensor never exists as a whole, nor does a concatenation that it would be made of. In f32.
 *
 * @param normalization of a tensor or of a concatenation
 * @param convolution of its result
 */
record Preactivation(Step normalization, Step convolution) implements Together {
    /** The one that begins with a step; null if there is none. */
    static @Nullable Preactivation at(Chain chain, int index) {
        List<Step> steps = chain.steps();
        Step first = steps.get(index);
        if (!(first.layer() instanceof BatchNormalization) || index + 1 >= steps.size()) {
            return null;
        }
        Step next = steps.get(index + 1);
        boolean pays = isNormalization(chain, first) && chain.isPointwiseAfter(first, next);
        return pays ? new Preactivation(first, next) : null;
    }

    private static boolean isNormalization(Chain chain, Step step) {
        return (step.postOps().isEmpty() || JoinedNormalization.relu(step))
                && chain.hasConstants(step, 5)
                && Lowering.reasonAgainst(step).isEmpty();
    }

    @Override
    public List<Step> steps() {
        return List.of(normalization, convolution);
    }

    @Override
    public boolean lower(ProgramBuilder program, int index) {
        program.begin(index + 1, DataType.F32, Indirect.algorithm(program, convolution));
        JoinedNormalization joined = JoinedNormalization.of(program, normalization);
        if (joined == null) {
            throw new IllegalStateException("step '" + normalization.name() + "' has no constant statistics");
        }
        int parts = joined.channels().size();
        Indirect.of(program, convolution)
                .lower(normalization, IndirectSource.joined(joined), parts > 1 ? ", joins " + parts + " tensors" : "");
        return true;
    }
}
