package io.conv4j.backend.onednn;

import io.conv4j.backend.Precision;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring steps of a plan that can be run depth first: an inverted residual block or its beginning, a convolution
 * and the pointwise one after it, as super-resolution networks begin, or a first layer and the max pooling after it.
 *
 * @param expand a convolution whose result only the next one reads
 * @param filter a depthwise convolution or, in f32, a max pooling, on the kernel of our own; null if there is none
 * @param project a pointwise convolution that alone reads the result of the one before; null if there is none
 * @param rule how many rows are run at a time
 */
record BandedBlock(
        Step expand, @Nullable Step filter, @Nullable Step project, BandsRule rule) implements Together {
    /** Channels of src of a convolution with a window, whose rows between bands are cheap to compute twice. */
    private static final int FEW_CHANNELS = 4;

    /** The block that begins with a step of a plan, if it pays by the rule; null if there is none. */
    static @Nullable BandedBlock at(Chain chain, int index, BandsRule rule) {
        List<Step> steps = chain.steps();
        if (index + 1 >= steps.size()) {
            return null;
        }
        Step expand = steps.get(index);
        Step next = steps.get(index + 1);
        if (!expands(chain, expand) || !chain.follows(expand, next)) {
            return null;
        }
        Shape between = expand.destination().shape();
        int bytes = ProgramBuilder.bytes(chain.options().precisionOf(expand.name()));
        if ((long) between.elements() / between.extent(0) * bytes <= rule.nearBytes()) {
            return null;
        }
        if (projects(chain, next)) {
            return new BandedBlock(expand, null, next, rule);
        }
        if (!filters(chain, expand, next)) {
            return null;
        }
        Step project = index + 2 < steps.size() ? steps.get(index + 2) : null;
        boolean projected = project != null && projects(chain, project) && chain.follows(next, project);
        return new BandedBlock(expand, next, projected ? project : null, rule);
    }

    @Override
    public List<Step> steps() {
        return filter == null || project == null ? List.of(expand, last()) : List.of(expand, filter, project);
    }

    @Override
    public boolean lower(ProgramBuilder program, int index) {
        boolean reduced = program.options().precisionOf(expand.name()) == Precision.BF16;
        program.begin(index + steps().size() - 1, reduced ? DataType.BF16 : DataType.F32, Algorithm.DEPTHWISE);
        return Bands.lower(program, this);
    }

    /** The last step. */
    Step last() {
        return Objects.requireNonNull(project == null ? filter : project);
    }

    /** The tensor that is projected, if any is. */
    Shape between() {
        return (filter == null ? expand : filter).destination().shape();
    }

    private static boolean expands(Chain chain, Step step) {
        if (!chain.isConvolution(step, 1) || !combined(step).isEmpty()) {
            return false;
        }
        Window window = ((Convolution) step.layer()).window();
        Axis height = window.axis(0);
        return Chain.isPlainlyPointwise(window)
                || step.sources().get(0).shape().extent(1) <= FEW_CHANNELS
                        && height.dilation() == 1
                        && height.padBefore() <= height.kernel() / 2
                        && height.padAfter() <= height.kernel() / 2;
    }

    /** Whether it is cheap to compute rows twice, at the borders of what several threads do. */
    private static boolean repeatsRowsCheaply(Step expand) {
        Window window = ((Convolution) expand.layer()).window();
        return Chain.isPlainlyPointwise(window) || window.axis(0).stride() > 1;
    }

    /** Whether the next step is one that bands are made for, and repeats no rows or cheap ones. */
    private static boolean filters(Chain chain, Step expand, Step next) {
        if (isDepthwise(chain, next)) {
            return repeatsRowsCheaply(expand);
        }
        if (!PoolingLowering.isOwn(next) || chain.options().precisionOf(next.name()) != Precision.F32) {
            return false;
        }
        Axis height = ((Pooling) next.layer()).window().axis(0);
        return height.padBefore() <= height.kernel() / 2
                && (height.kernel() <= height.stride() || repeatsRowsCheaply(expand));
    }

    private static boolean isDepthwise(Chain chain, Step step) {
        Shape src = step.sources().get(0).shape();
        if (src.rank() != 4 || !chain.isConvolution(step, src.extent(1))) {
            return false;
        }
        Window window = ((Convolution) step.layer()).window();
        Shape dst = step.destination().shape();
        Axis height = window.axis(0);
        int beyond = (dst.extent(2) - 1) * height.stride() + height.kernel() - height.padBefore() - src.extent(2);
        KernelPostOps postOps = new KernelPostOps();
        postOps.appendFirst(step.postOps());
        return postOps.count() == step.postOps().size()
                && Depthwise.applies(window, src.extent(1), src, dst)
                && height.padBefore() <= height.kernel() / 2
                && beyond <= height.kernel() / 2;
    }

    private static boolean projects(Chain chain, Step step) {
        if (!chain.isConvolution(step, 1) || !Chain.isPlainlyPointwise(((Convolution) step.layer()).window())) {
            return false;
        }
        List<PostOp.Combine> combined = combined(step);
        if (combined.isEmpty()) {
            return true;
        }
        PostOp.Combine combine = combined.get(0);
        return combined.size() == 1
                && combine.op() == Binary.Op.ADD
                && combine.operand().shape().equals(step.destination().shape())
                && !chain.plan().constants().containsKey(combine.operand());
    }

    /** The post-ops that have an operand. */
    private static List<PostOp.Combine> combined(Step step) {
        List<PostOp.Combine> combined = new ArrayList<>();
        for (PostOp postOp : step.postOps()) {
            if (postOp instanceof PostOp.Combine combine) {
                combined.add(combine);
            }
        }
        return combined;
    }
}
