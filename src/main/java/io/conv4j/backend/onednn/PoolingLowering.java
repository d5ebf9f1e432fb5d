package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Pooling;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.global.dnnl;

/** Pooling as oneDNN's, channels last, and maxima over windows of images in f32 as our own. */
final class PoolingLowering {
    /** {@code kMostMaxKernel} of {@code cpp/isa_windows.hpp}. */
    private static final int MOST_OWN_KERNEL = 32;

    private PoolingLowering() {}

    static boolean lower(ProgramBuilder program, Step step) {
        if (program.isMade(step.destination())) {
            return true;
        }
        Pooling layer = (Pooling) step.layer();
        Value source = step.sources().get(0);
        if (program.workingType() == DataType.F32 && isOwn(step)) {
            lowerOwn(program, step);
            return true;
        }
        long[] padsAfter = Windows.padsAfter(layer.window());
        for (int i = 0; i < padsAfter.length; i++) {
            Axis axis = layer.window().axis(i);
            int input = source.shape().extent(i + 2);
            // In ceil mode the last window may reach beyond the padding: more padding for oneDNN, the same to a
            // maximum.
            long reach = (long) (step.destination().shape().extent(i + 2) - 1) * axis.stride() + axis.effectiveKernel();
            long beyond = reach - input - axis.padBefore() - padsAfter[i];
            if (beyond > 0) {
                if (layer.kind() == Pooling.Kind.AVERAGE_INCLUDE_PADDING) {
                    return false;
                }
                padsAfter[i] += beyond;
            }
        }
        Desc src = program.dense(source.shape(), Layout.CHANNELS_LAST);
        Desc dst = program.dense(step.destination().shape(), Layout.CHANNELS_LAST);
        FusedPostOps.Choice choice = FusedPostOps.choose(
                program,
                step,
                Layout.CHANNELS_LAST,
                UnaryOperator.identity(),
                attributes -> program.describe(
                        attributes,
                        step.name(),
                        attr -> NativeNetwork.pooling(
                                Dnnl.engine(),
                                algorithm(layer.kind()),
                                src.address(),
                                dst.address(),
                                Windows.strides(layer.window()),
                                Windows.kernel(layer.window()),
                                Windows.dilations(layer.window()),
                                Windows.padsBefore(layer.window()),
                                padsAfter,
                                attr)));
        if (choice == null) {
            return false;
        }
        Buffer read = program.read(source, Layout.CHANNELS_LAST);
        Buffer written = choice.destination(program, step.destination(), Layout.CHANNELS_LAST);
        List<Instruction.Argument> arguments = new ArrayList<>(choice.fused().arguments);
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC, src, read));
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, dst, written));
        program.call(choice.primitive(), ProgramBuilder.report(step, choice.primitive(), ""), arguments);
        Elementwise.applyRest(program, step, choice.fused().count, written, Layout.CHANNELS_LAST);
        return true;
    }

    /** By the kernel of {@code cpp/max_pool.hpp}, which keeps in registers what neighbouring windows share. */
    private static void lowerOwn(ProgramBuilder program, Step step) {
        List<Buffer> buffers = List.of(
                program.read(step.sources().get(0), Layout.CHANNELS_LAST),
                program.write(step.destination(), Layout.CHANNELS_LAST));
        String dst = step.destination().shape().toString();
        StepReport report = new StepReport(step.name(), step.word(), dst, "conv4j", "", false);
        program.add(new Instruction.KernelCall(NativeNetwork.KERNEL_MAX_POOL, ownParameters(step), buffers, report));
    }

    /** Whether a step is a pooling that {@code cpp/max_pool.hpp} knows, in f32. */
    static boolean isOwn(Step step) {
        if (!(step.layer() instanceof Pooling layer)
                || layer.kind() != Pooling.Kind.MAX
                || layer.window().rank() != 2
                || !step.postOps().isEmpty()) {
            return false;
        }
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        boolean own = true;
        for (int i = 0; i < 2; i++) {
            Axis axis = layer.window().axis(i);
            long last = (long) (dst.extent(i + 2) - 1) * axis.stride() - axis.padBefore();
            own &= axis.dilation() == 1 && axis.kernel() <= MOST_OWN_KERNEL && last < src.extent(i + 2);
        }
        return own;
    }

    /** The parameters of that kernel. */
    static List<Long> ownParameters(Step step) {
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        List<Long> parameters = new ArrayList<>(List.of(0L, (long) src.extent(0), (long) src.extent(1)));
        for (int i = 0; i < 2; i++) {
            Axis axis = ((Pooling) step.layer()).window().axis(i);
            parameters.add((long) src.extent(i + 2));
            parameters.add((long) dst.extent(i + 2));
            parameters.add((long) axis.kernel());
            parameters.add((long) axis.stride());
            parameters.add((long) axis.padBefore());
        }
        return List.copyOf(parameters);
    }

    /** Whether a step is nothing but the mean of each channel of each image. */
    static boolean isGlobalMean(Step step) {
        if (!(step.layer() instanceof Pooling layer)
                || layer.kind() == Pooling.Kind.MAX
                || !step.postOps().isEmpty()) {
            return false;
        }
        Shape src = step.sources().get(0).shape();
        boolean global = true;
        for (int i = 0; i < layer.window().rank(); i++) {
            Axis axis = layer.window().axis(i);
            global &= axis.kernel() == src.extent(i + 2)
                    && axis.dilation() == 1
                    && axis.padBefore() == 0
                    && axis.padAfter() == 0;
        }
        return global;
    }

    private static int algorithm(Pooling.Kind kind) {
        return switch (kind) {
            case MAX -> dnnl.dnnl_pooling_max;
            case AVERAGE_INCLUDE_PADDING -> dnnl.dnnl_pooling_avg_include_padding;
            case AVERAGE_EXCLUDE_PADDING -> dnnl.dnnl_pooling_avg_exclude_padding;
        };
    }
}
