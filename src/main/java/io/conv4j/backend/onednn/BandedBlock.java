package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.compile.Plan;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring steps of a plan that can be run depth first: an inverted residual block or its beginning, or a convolution
 * and the pointwise one after it, as super-resolution networks begin.
 *
 * @param expand a convolution whose result only the next one reads
 * @param depthwise on the kernel of our own; null if there is none
 * @param project a pointwise convolution that alone reads the result of the one before; null if there is none
 */
record BandedBlock(
        Step expand, @Nullable Step depthwise, @Nullable Step project) {
    /** Channels of src of a convolution with a window, whose rows between bands are cheap to compute twice. */
    private static final int FEW_CHANNELS = 4;

    /** The block that begins with a step of a plan, if it pays by the rule; null if there is none. */
    static @Nullable BandedBlock at(Plan plan, int index, ExecutionOptions options, BandsRule rule) {
        List<Step> steps = plan.steps();
        if (index + 1 >= steps.size()) {
            return null;
        }
        Step expand = steps.get(index);
        Step next = steps.get(index + 1);
        if (!expands(plan, expand) || !follows(plan, expand, next, options)) {
            return null;
        }
        Shape between = expand.destination().shape();
        int bytes = ProgramBuilder.bytes(options.precisionOf(expand.name()));
        if ((long) between.elements() / between.extent(0) * bytes <= rule.nearBytes()) {
            return null;
        }
        if (projects(plan, next)) {
            return new BandedBlock(expand, null, next);
        }
        if (!isDepthwise(plan, next) || !repeatsRowsCheaply(expand)) {
            return null;
        }
        Step project = index + 2 < steps.size() ? steps.get(index + 2) : null;
        boolean projected = project != null && projects(plan, project) && follows(plan, next, project, options);
        return new BandedBlock(expand, next, projected ? project : null);
    }

    /** All blocks of a plan. */
    static List<BandedBlock> in(Plan plan, ExecutionOptions options, BandsRule rule) {
        List<BandedBlock> blocks = new ArrayList<>();
        for (int i = 0; i < plan.steps().size(); i++) {
            BandedBlock block = at(plan, i, options, rule);
            if (block != null) {
                blocks.add(block);
                i += block.steps().size() - 1;
            }
        }
        return blocks;
    }

    /** The steps in order. */
    List<Step> steps() {
        return Stream.of(expand, depthwise, project).filter(Objects::nonNull).toList();
    }

    /** The last step. */
    Step last() {
        return Objects.requireNonNull(project == null ? depthwise : project);
    }

    /** The tensor that is projected, if any is. */
    Shape between() {
        return (depthwise == null ? expand : depthwise).destination().shape();
    }

    private static boolean expands(Plan plan, Step step) {
        if (!isConvolution(plan, step, 1) || !combined(step).isEmpty()) {
            return false;
        }
        Window window = ((Convolution) step.layer()).window();
        Axis height = window.axis(0);
        return isPlainlyPointwise(window)
                || step.sources().get(0).shape().extent(1) <= FEW_CHANNELS
                        && height.dilation() == 1
                        && height.padBefore() <= height.kernel() / 2
                        && height.padAfter() <= height.kernel() / 2;
    }

    /** Whether it is cheap to compute rows twice, at the borders of what several threads do. */
    private static boolean repeatsRowsCheaply(Step expand) {
        Window window = ((Convolution) expand.layer()).window();
        return isPlainlyPointwise(window) || window.axis(0).stride() > 1;
    }

    private static boolean isDepthwise(Plan plan, Step step) {
        Shape src = step.sources().get(0).shape();
        if (src.rank() != 4 || !isConvolution(plan, step, src.extent(1))) {
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

    private static boolean projects(Plan plan, Step step) {
        if (!isConvolution(plan, step, 1) || !isPlainlyPointwise(((Convolution) step.layer()).window())) {
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
                && !plan.constants().containsKey(combine.operand());
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

    /** Whether each pixel of dst sees one of src, and each one of src is seen. */
    static boolean isPlainlyPointwise(Window window) {
        return window.isPointwise() && !window.isPadded();
    }

    /** Whether a step is a convolution of images in so many groups, with constant weights, that oneDNN may run. */
    static boolean isConvolution(Plan plan, Step step, int groups) {
        return step.layer() instanceof Convolution layer
                && layer.window().rank() == 2
                && layer.groups() == groups
                && plan.constants()
                        .keySet()
                        .containsAll(step.sources().subList(1, step.sources().size()))
                && Lowering.reasonAgainst(step).isEmpty();
    }

    /** Whether a step reads the result of another, nobody else does, and both have the same precision. */
    static boolean follows(Plan plan, Step first, Step second, ExecutionOptions options) {
        Value value = first.destination();
        if (!second.sources().get(0).equals(value)) {
            return false;
        }
        int reads = 0;
        for (Step step : plan.steps()) {
            reads += Collections.frequency(step.reads(), value);
        }
        return reads == 1
                && !plan.outputs().contains(value)
                && options.precisionOf(first.name()) == options.precisionOf(second.name());
    }
}
