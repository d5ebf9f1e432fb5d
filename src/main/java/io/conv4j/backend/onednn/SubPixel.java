package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.dnnl.global.dnnl;

/**
 * A transposed convolution with constant weights as one ordinary convolution of stride 1 with stride^axes times the output
 * channels, followed by a pixel shuffle (Shi et al. 2016, <i>Is the deconvolution layer the same as a convolutional
 * layer?</i>). With stride 1 nothing is left to shuffle: the kernel is flipped.
 *
 * <p>Along one axis, output y + padBefore = s·q + p takes tap t from src[q − o] where d·t = s·o + p. So the convolution's
 * tap j = M − o, M the largest o, of phase p holds weight t; combinations that no t belongs to hold 0.
 */
final class SubPixel {
    private final TransposedConvolution layer;
    private final Window window;
    private final int[] crop;
    private final Shape weights;
    private final Shape made;
    private final int phases;

    private SubPixel(TransposedConvolution layer, Shape src, Shape weights, Shape dst) {
        this.layer = layer;
        int rank = layer.window().rank();
        List<Axis> axes = new ArrayList<>();
        this.crop = new int[rank];
        Shape shape = dst;
        int product = 1;
        for (int i = 0; i < rank; i++) {
            Axis axis = layer.window().axis(i);
            int reach = axis.dilation() * (axis.kernel() - 1) / axis.stride();
            // The first pixel is that of output 0, or an earlier one where the padding would be negative else.
            int first = Math.min(axis.padBefore() / axis.stride(), reach);
            int last = Math.max((axis.padBefore() + dst.extent(i + 2) - 1) / axis.stride(), src.extent(i + 2) - 1);
            axes.add(new Axis(reach + 1, 1, 1, reach - first, last - src.extent(i + 2) + 1));
            crop[i] = axis.padBefore() - first * axis.stride();
            shape = shape.with(i + 2, last - first + 1);
            product *= axis.stride();
        }
        this.phases = product;
        this.window = new Window(axes);
        this.made = shape.with(1, dst.extent(1) * phases);
        int[] extents = new int[rank + 2];
        extents[0] = made.extent(1);
        extents[1] = weights.extent(0) / layer.groups();
        System.arraycopy(window.kernel(), 0, extents, 2, rank);
        this.weights = Shape.of(extents);
    }

    /** The rewriting of a step, whose weights and bias have to be constant. */
    static SubPixel of(Step step) {
        return new SubPixel(
                (TransposedConvolution) step.layer(),
                step.sources().get(0).shape(),
                step.sources().get(1).shape(),
                step.destination().shape());
    }

    /** What it comes to, done directly. */
    Algorithm algorithm() {
        boolean unitStride = layer.window().axes().stream().allMatch(axis -> axis.stride() == 1);
        return new Algorithm(unitStride ? Algorithm.Form.FLIPPED : Algorithm.Form.SUB_PIXEL, 0);
    }

    /** The window of the convolution. */
    Window window() {
        return window;
    }

    /** The shape that the convolution writes. */
    Shape made() {
        return made;
    }

    /** Lowers a step with a tile size of Winograd's algorithm, 0 for the direct one; false if there is no good primitive. */
    boolean lower(ProgramBuilder program, Step step) {
        Tensor plain = SubPixelWeights.of(
                layer,
                window,
                Objects.requireNonNull(program.constant(step.sources().get(1))),
                weights);
        ConvolutionLowering.Weights given = new ConvolutionLowering.Weights(
                program.constants().hold(plain),
                program.plain(ConvolutionLowering.grouped(weights, layer.groups())),
                weights);
        Buffer bias = step.sources().size() == 3 ? bias(program, step.sources().get(2)) : null;
        ConvolutionLowering.Direct direct = new ConvolutionLowering.Direct(window, layer.groups(), given, bias);
        String algorithm = algorithm().tile(program.algorithm().tile()).toString();
        if (phases == 1 && made.equals(step.destination().shape())) {
            return direct.lower(program, step, algorithm);
        }
        Buffer pixels = Buffer.arena((long) program.workingType().bytes() * made.elements());
        int tile = program.algorithm().tile();
        int fused = tile == 0
                ? convolve(program, step, direct, pixels, algorithm)
                : Winograd.of(program, direct, tile, step.sources().get(0).shape(), made)
                        .lower(program, step, pixels, algorithm);
        if (fused < 0) {
            return false;
        }
        shuffle(program, step, pixels);
        Buffer written = program.read(step.destination(), Layout.CHANNELS_LAST);
        Elementwise.applyRest(program, step, fused, written, Layout.CHANNELS_LAST);
        return true;
    }

    /** Convolves directly; returns how many post-ops are done, -1 if there is no good primitive. */
    private int convolve(
            ProgramBuilder program, Step step, ConvolutionLowering.Direct direct, Buffer pixels, String algorithm) {
        Desc src = program.dense(step.sources().get(0).shape(), Layout.CHANNELS_LAST);
        Desc dst = program.dense(made, Layout.CHANNELS_LAST);
        Attributes attributes = Attributes.none(program.resources());
        int fused = fuseActivations(step, attributes);
        PrimitiveDesc primitive = direct.primitive(program, step, attributes, src, dst);
        if (primitive == null || primitive.isSlow()) {
            return -1;
        }
        direct.call(
                program,
                step,
                primitive,
                List.of(
                        new Instruction.Argument(
                                dnnl.DNNL_ARG_SRC, src, ConvolutionLowering.Direct.read(program, step)),
                        new Instruction.Argument(dnnl.DNNL_ARG_DST, dst, pixels)),
                algorithm);
        return fused;
    }

    /** Activations do not care where a pixel ends up; operands of other post-ops do. */
    private static int fuseActivations(Step step, Attributes attributes) {
        int fused = 0;
        for (PostOp postOp : step.postOps()) {
            Eltwise eltwise = postOp instanceof PostOp.Apply apply ? Eltwise.of(apply.activation()) : null;
            if (eltwise == null) {
                break;
            }
            attributes.eltwise(eltwise);
            fused++;
        }
        return fused;
    }

    private void shuffle(ProgramBuilder program, Step step, Buffer pixels) {
        Value value = step.destination();
        int rank = window.rank();
        long[] parameters = new long[16];
        parameters[0] = value.shape().extent(0);
        parameters[1] = layer.groups();
        parameters[2] = value.shape().extent(1) / layer.groups();
        for (int i = 0; i < 3; i++) {
            int axis = i - (3 - rank);
            boolean there = axis >= 0;
            parameters[3 + 4 * i] = there ? layer.window().axis(axis).stride() : 1;
            parameters[4 + 4 * i] = there ? crop[axis] : 0;
            parameters[5 + 4 * i] = there ? made.extent(axis + 2) : 1;
            parameters[6 + 4 * i] = there ? value.shape().extent(axis + 2) : 1;
        }
        parameters[15] = program.workingType().bytes();
        StepReport report = new StepReport(
                step.name(), "pixel shuffle", value.shape().toString(), "conv4j", "sub-pixel convolution", false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_PIXEL_SHUFFLE,
                Arrays.stream(parameters).boxed().toList(),
                List.of(pixels, program.write(value, Layout.CHANNELS_LAST)),
                report));
    }

    /** The bias of every phase. */
    private Buffer bias(ProgramBuilder program, Value value) {
        float[] given = Objects.requireNonNull(program.constant(value)).toFloats();
        int perGroup = given.length / layer.groups();
        float[] all = new float[given.length * phases];
        for (int i = 0; i < all.length; i++) {
            int group = i / (perGroup * phases);
            all[i] = given[group * perGroup + i % perGroup];
        }
        return program.constants().hold(Tensor.of(Shape.of(all.length), all));
    }
}
