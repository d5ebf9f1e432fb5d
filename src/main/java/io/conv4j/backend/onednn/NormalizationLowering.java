package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Softmax;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/** Normalisations, softmax and reductions as oneDNN's, and local response normalisation as most networks have it as our own. */
final class NormalizationLowering {
    private static final int[] STATISTICS = {
        dnnl.DNNL_ARG_SCALE, dnnl.DNNL_ARG_SHIFT, dnnl.DNNL_ARG_MEAN, dnnl.DNNL_ARG_VARIANCE
    };

    /** What our own kernel of local response normalisation computes. */
    private static final int OWN_SIZE = 5;

    private static final float OWN_BETA = 0.75f;

    private NormalizationLowering() {}

    static boolean lowerBatch(ProgramBuilder program, Step step) {
        BatchNormalization layer = (BatchNormalization) step.layer();
        boolean relu = JoinedNormalization.relu(step);
        if (!relu && !step.postOps().isEmpty()) {
            return false;
        }
        Value source = step.sources().get(0);
        if (source.shape().rank() > 5) {
            return false;
        }
        JoinedNormalization joined = program.parts(source).size() > 1 ? JoinedNormalization.of(program, step) : null;
        if (joined != null) {
            joined.lower();
            return true;
        }
        int flags = dnnl.dnnl_use_global_stats | dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
        int fused = relu ? flags | dnnl.dnnl_fuse_norm_relu : flags;
        Layout layout = source.shape().rank() < 3 ? Layout.PLAIN : Layout.CHANNELS_LAST;
        Desc desc = program.dense(source.shape(), layout);
        PrimitiveDesc primitive = program.describe(
                Attributes.none(program.resources()),
                step.name(),
                attr -> NativeNetwork.batchNormalization(Dnnl.engine(), desc.address(), layer.epsilon(), fused, attr));
        List<Instruction.Argument> statistics = new ArrayList<>();
        for (int i = 0; i < STATISTICS.length; i++) {
            Value value = step.sources().get(i + 1);
            Desc vector = program.plain(value.shape());
            statistics.add(new Instruction.Argument(STATISTICS[i], vector, program.readPlain(value)));
        }
        return call(program, step, primitive, layout, desc, statistics);
    }

    static boolean lowerLocalResponse(ProgramBuilder program, Step step) {
        LocalResponseNormalization layer = (LocalResponseNormalization) step.layer();
        Value source = step.sources().get(0);
        if (layer.size() == OWN_SIZE
                && layer.beta() == OWN_BETA
                && program.workingType() == DataType.F32
                && Layout.CHANNELS_LAST.fits(source.shape())
                && step.postOps().isEmpty()) {
            lowerOwn(program, step, layer);
            return true;
        }
        // oneDNN's window is symmetric: an even size would be another function.
        if (layer.size() % 2 == 0
                || source.shape().rank() != 4
                || !step.postOps().isEmpty()) {
            return false;
        }
        Desc desc = program.dense(source.shape(), Layout.CHANNELS_LAST);
        PrimitiveDesc primitive = program.describe(
                Attributes.none(program.resources()),
                step.name(),
                attr -> NativeNetwork.localResponse(
                        Dnnl.engine(), desc.address(), layer.size(), layer.alpha(), layer.beta(), layer.bias(), attr));
        return call(program, step, primitive, Layout.CHANNELS_LAST, desc, List.of());
    }

    /** By the kernel of {@code cpp/local_response.hpp}, over src if nobody reads that later. */
    private static void lowerOwn(ProgramBuilder program, Step step, LocalResponseNormalization layer) {
        Value source = step.sources().get(0);
        Shape shape = source.shape();
        Buffer src = program.read(source, Layout.CHANNELS_LAST);
        Buffer dst = program.mayOverwrite(source, src, step)
                ? program.alias(step.destination(), Layout.CHANNELS_LAST, src)
                : program.write(step.destination(), Layout.CHANNELS_LAST);
        StepReport report = new StepReport(
                step.name(), step.word(), shape.toString(), "conv4j", src == dst ? "in place" : "", false);
        List<Long> parameters = List.of(
                0L,
                (long) shape.elements() / shape.extent(1),
                (long) shape.extent(1),
                (long) Float.floatToRawIntBits(layer.alpha() / layer.size()),
                (long) Float.floatToRawIntBits(layer.bias()));
        program.add(
                new Instruction.KernelCall(NativeNetwork.KERNEL_LOCAL_RESPONSE, parameters, List.of(src, dst), report));
    }

    static boolean lowerSoftmax(ProgramBuilder program, Step step) {
        Softmax layer = (Softmax) step.layer();
        Value source = step.sources().get(0);
        int axis = source.shape().axis(layer.axis());
        Layout layout = axis == 1 ? program.present(source) : Layout.PLAIN;
        if (source.shape().rank() > 6 || !step.postOps().isEmpty()) {
            return false;
        }
        Desc desc = program.dense(source.shape(), layout);
        PrimitiveDesc primitive = program.describe(
                Attributes.none(program.resources()),
                step.name(),
                attr -> NativeNetwork.softmax(
                        Dnnl.engine(),
                        layer.logarithm() ? dnnl.dnnl_softmax_log : dnnl.dnnl_softmax_accurate,
                        desc.address(),
                        axis,
                        attr));
        return call(program, step, primitive, layout, desc, List.of());
    }

    static boolean lowerReduce(ProgramBuilder program, Step step) {
        Reduce layer = (Reduce) step.layer();
        Value source = step.sources().get(0);
        int algorithm =
                switch (layer.kind()) {
                    case SUM -> dnnl.dnnl_reduction_sum;
                    case MEAN -> dnnl.dnnl_reduction_mean;
                    case MAX -> dnnl.dnnl_reduction_max;
                    case MIN -> dnnl.dnnl_reduction_min;
                    case PRODUCT -> dnnl.dnnl_reduction_mul;
                    default -> 0;
                };
        if (algorithm == 0 || layer.axes().isEmpty() || source.shape().rank() > 6) {
            return false;
        }
        Shape kept = source.shape();
        for (int axis : layer.axes()) {
            kept = kept.with(axis, 1);
        }
        Desc src = program.dense(source.shape(), Layout.PLAIN);
        Desc dst = program.dense(kept, Layout.PLAIN);
        PrimitiveDesc primitive = program.describe(
                Attributes.none(program.resources()),
                step.name(),
                attr -> NativeNetwork.reduction(Dnnl.engine(), algorithm, src.address(), dst.address(), attr));
        if (primitive == null) {
            return false;
        }
        Buffer read = program.read(source, Layout.PLAIN);
        Buffer written = program.write(step.destination(), Layout.PLAIN);
        program.call(
                primitive,
                ProgramBuilder.report(step, primitive, ""),
                List.of(
                        new Instruction.Argument(dnnl.DNNL_ARG_SRC, src, read),
                        new Instruction.Argument(dnnl.DNNL_ARG_DST, dst, written)));
        Elementwise.applyRest(program, step, 0, written, Layout.PLAIN);
        return true;
    }

    private static boolean call(
            ProgramBuilder program,
            Step step,
            @Nullable PrimitiveDesc primitive,
            Layout layout,
            Desc desc,
            List<Instruction.Argument> more) {
        if (primitive == null) {
            return false;
        }
        List<Instruction.Argument> arguments = new ArrayList<>(more);
        Buffer src = program.read(step.sources().get(0), layout);
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC, desc, src));
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, desc, program.write(step.destination(), layout)));
        program.call(primitive, ProgramBuilder.report(step, primitive, ""), arguments);
        return true;
    }
}
