package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's own deconvolution. Its fast kernels want every output extent to be a multiple of the stride, so an uneven output
 * is widened by padding less after the end, and cropped.
 */
final class Deconvolution {
    private final ProgramBuilder program;
    private final Step step;
    private final TransposedConvolution layer;
    private final Shape wide;
    private final long[] padsAfter;

    private Deconvolution(ProgramBuilder program, Step step) {
        this.program = program;
        this.step = step;
        this.layer = (TransposedConvolution) step.layer();
        Shape exact = step.destination().shape();
        Shape widened = exact;
        this.padsAfter = Windows.padsAfter(layer.window());
        for (int i = 0; i < layer.window().rank(); i++) {
            Axis axis = layer.window().axis(i);
            int extent = exact.extent(i + 2);
            int more = (axis.stride() - extent % axis.stride()) % axis.stride();
            widened = widened.with(i + 2, extent + more);
            padsAfter[i] -= layer.outputPadding().get(i) + more;
        }
        this.wide = widened;
    }

    /**
     * Lowers a step.
     *
     * @param atAnyCost whether a slow implementation will do
     * @return false, with nothing inserted, if it will not
     */
    static boolean lower(ProgramBuilder program, Step step, boolean atAnyCost) {
        return new Deconvolution(program, step).lower(atAnyCost);
    }

    private boolean lower(boolean atAnyCost) {
        boolean even = wide.equals(step.destination().shape());
        // Operands of post-ops have the exact extents, not the wide ones.
        boolean fusable = even || step.reads().size() == step.sources().size();
        Step fusing = fusable ? step : step.withoutPostOps();
        FusedPostOps.Choice choice =
                FusedPostOps.choose(program, fusing, Layout.CHANNELS_LAST, UnaryOperator.identity(), this::describe);
        if (choice == null || (choice.primitive().isSlow() && !atAnyCost)) {
            return false;
        }
        Buffer dst = even
                ? choice.destination(program, step.destination(), Layout.CHANNELS_LAST)
                : program.write(step.destination(), Layout.CHANNELS_LAST);
        Desc wideDesc = program.dense(wide, Layout.CHANNELS_LAST);
        Buffer target = even ? dst : Buffer.arena(wideDesc.size());
        call(choice, target, wideDesc, Algorithm.DECONVOLUTION + (even ? "" : ", widened"));
        if (!even) {
            Shape exact = step.destination().shape();
            Desc crop = program.strided(exact.toLongs(), Layout.CHANNELS_LAST.strides(wide));
            program.reorder(
                    Instruction.Place.of(target),
                    crop,
                    Instruction.Place.of(dst),
                    program.dense(exact, Layout.CHANNELS_LAST),
                    "crop of " + step.name());
        }
        Elementwise.applyRest(program, step, choice.fused().count, dst, Layout.CHANNELS_LAST);
        return true;
    }

    private void call(FusedPostOps.Choice choice, Buffer dst, Desc dstDesc, String algorithm) {
        Shape weights = step.sources().get(1).shape();
        Desc wanted = choice.primitive().query(dnnl.dnnl_query_weights_md);
        List<Instruction.Argument> arguments = new ArrayList<>(choice.fused().arguments);
        arguments.add(new Instruction.Argument(
                dnnl.DNNL_ARG_SRC,
                program.dense(step.sources().get(0).shape(), Layout.CHANNELS_LAST),
                program.read(step.sources().get(0), Layout.CHANNELS_LAST)));
        Buffer packed = program.as(
                program.readPlain(step.sources().get(1)),
                plainWeights(program.resources(), weights, layer.groups()),
                wanted,
                "weights of " + step.name());
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_WEIGHTS, wanted, packed));
        if (step.sources().size() == 3) {
            arguments.add(new Instruction.Argument(
                    dnnl.DNNL_ARG_BIAS,
                    biasDesc(),
                    program.readPlain(step.sources().get(2))));
        }
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, dstDesc, dst));
        program.call(choice.primitive(), ProgramBuilder.report(step, choice.primitive(), algorithm), arguments);
    }

    private @Nullable PrimitiveDesc describe(Attributes attributes) {
        Desc src = program.dense(step.sources().get(0).shape(), Layout.CHANNELS_LAST);
        Desc dst = program.dense(wide, Layout.CHANNELS_LAST);
        Desc any = program.any(weightExtents(step.sources().get(1).shape(), layer.groups()));
        return program.describe(
                attributes,
                step.name(),
                attr -> NativeNetwork.deconvolution(
                        Dnnl.engine(),
                        Desc.addresses(src, any, step.sources().size() == 3 ? biasDesc() : null, dst),
                        Windows.strides(layer.window()),
                        Windows.dilations(layer.window()),
                        Windows.padsBefore(layer.window()),
                        padsAfter,
                        attr));
    }

    private Desc biasDesc() {
        return program.plain(step.sources().get(2).shape());
    }

    /** oneDNN's order: [Cout, Cin, k…], or [groups, Cout/groups, Cin/groups, k…]. */
    static long[] weightExtents(Shape weights, int groups) {
        long[] extents = new long[weights.rank() + (groups > 1 ? 1 : 0)];
        int at = 0;
        if (groups > 1) {
            extents[at++] = groups;
        }
        extents[at++] = weights.extent(1);
        extents[at++] = weights.extent(0) / groups;
        for (int i = 2; i < weights.rank(); i++) {
            extents[at++] = weights.extent(i);
        }
        return extents;
    }

    /** The framework's [Cin, Cout/groups, k…] seen in that order. */
    static Desc plainWeights(Resources resources, Shape weights, int groups) {
        long[] plain = Layout.PLAIN.strides(weights);
        long[] strides = new long[weights.rank() + (groups > 1 ? 1 : 0)];
        int at = 0;
        if (groups > 1) {
            strides[at++] = plain[0] * (weights.extent(0) / groups);
        }
        strides[at++] = plain[1];
        strides[at++] = plain[0];
        System.arraycopy(plain, 2, strides, at, weights.rank() - 2);
        return Desc.strided(resources, DataType.F32, weightExtents(weights, groups), strides);
    }
}
