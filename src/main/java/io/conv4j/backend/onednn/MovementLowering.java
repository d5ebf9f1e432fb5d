package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Slice;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Layers that move elements: reorders between strided views, or nothing at all where only the view changes. */
final class MovementLowering {
    private MovementLowering() {}

    /** A reshape shares memory: plain always, channels last where N and C stay and the rest is flattened. */
    static boolean lowerReshape(ProgramBuilder program, Step step) {
        Value source = step.sources().get(0);
        Shape src = source.shape();
        Shape dst = step.destination().shape();
        boolean keepsChannels = program.present(source) == Layout.CHANNELS_LAST
                && Layout.CHANNELS_LAST.fits(dst)
                && src.extent(0) == dst.extent(0)
                && src.extent(1) == dst.extent(1);
        Layout layout = keepsChannels ? Layout.CHANNELS_LAST : Layout.PLAIN;
        Buffer buffer = program.read(source, layout);
        if (buffer.kind == Buffer.Kind.INPUT || buffer.kind == Buffer.Kind.ARENA) {
            program.alias(step.destination(), layout, buffer);
            return true;
        }
        return false;
    }

    /** A transpose that only renames a layout shares memory. */
    static boolean lowerTranspose(ProgramBuilder program, Step step) {
        Value source = step.sources().get(0);
        Value destination = step.destination();
        List<Integer> permutation = ((Transpose) step.layer()).permutation();
        if (source.shape().rank() > 6) {
            return false;
        }
        Layout from = program.present(source);
        long[] strides = permuted(from.strides(source.shape()), permutation);
        Buffer src = program.read(source, from);
        for (Layout to : Layout.values()) {
            if (to.fits(destination.shape())
                    && sameOrder(strides, to.strides(destination.shape()), destination.shape())
                    && src.kind != Buffer.Kind.OUTPUT) {
                program.alias(destination, to, src);
                return true;
            }
        }
        Desc present = program.strided(destination.shape().toLongs(), strides);
        Desc wanted = program.dense(destination.shape(), Layout.PLAIN);
        Instruction.Place to = Instruction.Place.of(program.write(destination, Layout.PLAIN));
        program.reorder(Instruction.Place.of(src), present, to, wanted, step.name());
        return true;
    }

    private static boolean sameOrder(long[] a, long[] b, Shape shape) {
        for (int axis = 0; axis < shape.rank(); axis++) {
            if (shape.extent(axis) > 1 && a[axis] != b[axis]) {
                return false;
            }
        }
        return true;
    }

    private static long[] permuted(long[] strides, List<Integer> permutation) {
        return permutation.stream().mapToLong(axis -> strides[axis]).toArray();
    }

    /** Along the channels, channels last, nothing is done before it is known who reads it. */
    static boolean lowerConcat(ProgramBuilder program, Step step) {
        Shape dst = step.destination().shape();
        boolean joins = ((Concat) step.layer()).axis() == 1 && Layout.CHANNELS_LAST.fits(dst);
        for (Value source : step.sources()) {
            joins = joins && source.shape().elements() > 0 && program.present(source) == Layout.CHANNELS_LAST;
        }
        return joins && program.join(step) || concatenate(program, step);
    }

    /** Copies sources into dst. */
    static boolean concatenate(ProgramBuilder program, Step step) {
        Concat layer = (Concat) step.layer();
        Value destination = step.destination();
        int rank = destination.shape().rank();
        boolean anyLast = step.sources().stream().anyMatch(v -> program.present(v) == Layout.CHANNELS_LAST);
        Layout layout = anyLast && Layout.CHANNELS_LAST.fits(destination.shape()) ? Layout.CHANNELS_LAST : Layout.PLAIN;
        List<Value> sources = step.sources().stream()
                .filter(value -> value.shape().elements() > 0)
                .toList();
        if (rank > 6) {
            return false;
        }
        if (layout == Layout.CHANNELS_LAST && destination.shape().axis(layer.axis()) == 1) {
            joinChannels(program, step, sources);
            return true;
        }
        List<Instruction.Argument> arguments = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            Desc desc = program.dense(sources.get(i).shape(), layout);
            arguments.add(new Instruction.Argument(
                    dnnl.DNNL_ARG_MULTIPLE_SRC + i, desc, program.read(sources.get(i), layout)));
        }
        Desc dst = program.dense(destination.shape(), layout);
        long[] parts = arguments.stream()
                .mapToLong(argument -> argument.desc().address())
                .toArray();
        PrimitiveDesc primitive = PrimitiveDesc.create(
                program.resources(),
                Attributes.none(program.resources()),
                step.name(),
                attr -> NativeNetwork.concat(
                        Dnnl.engine(), dst.address(), destination.shape().axis(layer.axis()), parts, attr));
        if (primitive == null) {
            return false;
        }
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, dst, program.write(destination, layout)));
        program.call(primitive, ProgramBuilder.report(step, primitive, ""), arguments);
        return true;
    }

    /** By the kernel of {@code cpp/join.hpp}: oneDNN's copies pixel by pixel and takes up to twice as long. */
    private static void joinChannels(ProgramBuilder program, Step step, List<Value> sources) {
        Shape dst = step.destination().shape();
        List<Long> parameters = new ArrayList<>(List.of((long) dst.elements() / dst.extent(1), (long)
                program.workingType().bytes()));
        List<Buffer> buffers = new ArrayList<>();
        for (Value source : sources) {
            parameters.add((long) source.shape().extent(1));
            buffers.add(program.read(source, Layout.CHANNELS_LAST));
        }
        buffers.add(program.write(step.destination(), Layout.CHANNELS_LAST));
        StepReport report = new StepReport(step.name(), step.word(), dst.toString(), "conv4j", "", false);
        program.add(new Instruction.KernelCall(NativeNetwork.KERNEL_JOIN, parameters, buffers, report));
    }

    static boolean lowerSlice(ProgramBuilder program, Step step) {
        Slice layer = (Slice) step.layer();
        Value source = step.sources().get(0);
        Value destination = step.destination();
        if (layer.steps().stream().anyMatch(s -> s < 0) || source.shape().rank() > 6) {
            return false;
        }
        Layout layout = program.present(source);
        long[] strides = layout.strides(source.shape());
        long offset = 0;
        for (int axis = 0; axis < strides.length; axis++) {
            offset += strides[axis] * layer.starts().get(axis);
            strides[axis] *= layer.steps().get(axis);
        }
        program.reorder(
                new Instruction.Place(
                        program.read(source, layout),
                        offset * program.workingType().bytes()),
                program.strided(destination.shape().toLongs(), strides),
                Instruction.Place.of(program.write(destination, layout)),
                program.dense(destination.shape(), layout),
                step.name());
        return true;
    }

    /** Constant padding: dst filled, src copied into its middle. */
    static boolean lowerPad(ProgramBuilder program, Step step) {
        Pad layer = (Pad) step.layer();
        Value source = step.sources().get(0);
        Value destination = step.destination();
        int rank = source.shape().rank();
        if (layer.mode() != Pad.Mode.CONSTANT || rank > 6 || program.workingType() != DataType.F32) {
            return false;
        }
        Layout layout = program.present(source);
        long[] srcStrides = layout.strides(source.shape());
        long[] dstStrides = layout.strides(destination.shape());
        long[] extents = source.shape().toLongs();
        long srcOffset = 0;
        long dstOffset = 0;
        for (int axis = 0; axis < rank; axis++) {
            int before = layer.before().get(axis);
            extents[axis] += Math.min(0, before) + Math.min(0, layer.after().get(axis));
            srcOffset += srcStrides[axis] * Math.max(0, -before);
            dstOffset += dstStrides[axis] * Math.max(0, before);
            if (extents[axis] <= 0) {
                return false;
            }
        }
        Buffer src = program.read(source, layout);
        Buffer dst = program.write(destination, layout);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_FILL,
                List.of((long) destination.shape().elements(), Float.floatToRawIntBits(layer.value()) & 0xffffffffL),
                List.of(dst),
                new StepReport(step.name(), "fill", destination.shape().toString(), "conv4j", "", false)));
        program.reorder(
                new Instruction.Place(src, srcOffset * program.workingType().bytes()),
                program.strided(extents, srcStrides),
                new Instruction.Place(dst, dstOffset * program.workingType().bytes()),
                program.strided(extents, dstStrides),
                step.name());
        return true;
    }

    static boolean lowerDepthToSpace(ProgramBuilder program, Step step) {
        DepthToSpace layer = (DepthToSpace) step.layer();
        int block = layer.blockSize();
        Shape dst = step.destination().shape();
        // Strides of the phase along y and x and of the channel, in the deep tensor's channels.
        int channelStride = layer.columnRowDepth() ? block * block : 1;
        int phaseStride = layer.columnRowDepth() ? 1 : dst.extent(1);
        return rearrange(program, step, block, channelStride, phaseStride, false);
    }

    static boolean lowerSpaceToDepth(ProgramBuilder program, Step step) {
        int block = ((SpaceToDepth) step.layer()).blockSize();
        int channels = step.sources().get(0).shape().extent(1);
        return rearrange(program, step, block, 1, channels, true);
    }

    /** Between a deep and a wide tensor, both channels last, as a reorder over [N, C, phase y, phase x, H, W]. */
    private static boolean rearrange(
            ProgramBuilder program, Step step, int block, int channelStride, int phaseStride, boolean toDeep) {
        Value source = step.sources().get(0);
        Value destination = step.destination();
        Shape deep = (toDeep ? destination : source).shape();
        Shape wide = (toDeep ? source : destination).shape();
        long[] extents = {wide.extent(0), wide.extent(1), block, block, deep.extent(2), deep.extent(3)};
        long[] d = Layout.CHANNELS_LAST.strides(deep);
        long[] w = Layout.CHANNELS_LAST.strides(wide);
        long[] deepStrides = {d[0], channelStride, (long) phaseStride * block, phaseStride, d[2], d[3]};
        long[] wideStrides = {w[0], w[1], w[2], w[3], w[2] * block, w[3] * block};
        Desc deepDesc = program.strided(extents, deepStrides);
        Desc wideDesc = program.strided(extents, wideStrides);
        Buffer src = program.read(source, Layout.CHANNELS_LAST);
        Buffer dst = program.write(destination, Layout.CHANNELS_LAST);
        program.reorder(
                Instruction.Place.of(src),
                toDeep ? wideDesc : deepDesc,
                Instruction.Place.of(dst),
                toDeep ? deepDesc : wideDesc,
                step.name());
        return true;
    }
}
