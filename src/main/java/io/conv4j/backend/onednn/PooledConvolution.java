package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.tensor.DataType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A max pooling and the pointwise convolution that alone reads its result, as in the branches of Inception (Szegedy et al. 2015,
 * <i>Going Deeper with Convolutions</i>): some pixels at a time are pooled, and multiplied while they lie in a level-1 cache. The
 * pooled tensor never exists as a whole. In f32.
 *
 * @param pooling of a tensor
 * @param convolution of its result
 */
record PooledConvolution(Step pooling, Step convolution) implements Together {
    /** The one that begins with a step; null if there is none. */
    static @Nullable PooledConvolution at(Chain chain, int index) {
        List<Step> steps = chain.steps();
        Step first = steps.get(index);
        if (!PoolingLowering.isOwn(first) || index + 1 >= steps.size()) {
            return null;
        }
        Step next = steps.get(index + 1);
        boolean pays = Lowering.reasonAgainst(first).isEmpty() && chain.isPointwiseAfter(first, next);
        return pays ? new PooledConvolution(first, next) : null;
    }

    @Override
    public List<Step> steps() {
        return List.of(pooling, convolution);
    }

    @Override
    public boolean lower(ProgramBuilder program, int index) {
        program.begin(index + 1, DataType.F32, Indirect.algorithm(program, convolution));
        Buffer src = program.read(pooling.sources().get(0), Layout.CHANNELS_LAST);
        Indirect.of(program, convolution).lower(pooling, IndirectSource.pooled(pooling, src), "");
        return true;
    }
}
