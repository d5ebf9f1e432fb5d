package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions by own kernels, as a matrix product or as oneDNN's direct convolution, as {@link AlgorithmChoice}
 * says; channels last, weights in the layout it asks for.
 */
final class ConvolutionLowering {
    private ConvolutionLowering() {}

    static boolean lower(ProgramBuilder program, Step step) {
        if (program.algorithm().equals(Algorithm.GEMV)) {
            Gemv.lower(program, step);
            return true;
        }
        Convolution layer = (Convolution) step.layer();
        Value src = step.sources().get(0);
        Window window = withoutIdleStride(
                layer.window(), src.shape(), step.destination().shape());
        if (missesRows(window, src.shape(), step.destination().shape())) {
            return false;
        }
        if (Indirect.computes(program.algorithm())) {
            new Indirect(program, step, window, program.algorithm()).lower();
            return true;
        }
        Direct direct = direct(program, step, window);
        if (program.algorithm().equals(Algorithm.MATMUL)
                && PointwiseProduct.lower(program, step, direct.weights(), direct.bias())) {
            return true;
        }
        if (program.algorithm().equals(Algorithm.DEPTHWISE)
                || program.algorithm().equals(Algorithm.GROUPED)) {
            new Depthwise(program, step, direct).lower();
            return true;
        }
        // 1-D depthwise convolutions have no fast kernel of their own; as 2-D ones of height 1 they have.
        boolean lifted = window.rank() == 1 && layer.isDepthwise(src.shape());
        return (lifted ? direct.lifted(program) : direct)
                .lower(program, step, lifted ? "direct, 1-D as 2-D" : "direct");
    }

    /** A step's convolution with another window. */
    static Direct direct(ProgramBuilder program, Step step, Window window) {
        int groups = ((Convolution) step.layer()).groups();
        Value weights = step.sources().get(1);
        Desc plain = program.plain(grouped(weights.shape(), groups));
        Buffer bias =
                step.sources().size() == 3 ? program.readPlain(step.sources().get(2)) : null;
        return new Direct(window, groups, new Weights(program.readPlain(weights), plain, weights.shape()), bias);
    }

    /**
     * Whether oneDNN would compute wrong numbers: 3.11's brgemm convolution reads the wrong rows of a single channel if
     * the output is one element wide and the stride along that axis is not 1.
     */
    private static boolean missesRows(Window window, Shape src, Shape dst) {
        int last = window.rank() - 1;
        return last > 0
                && src.extent(1) == 1
                && dst.extent(-1) == 1
                && dst.extent(-2) > 1
                && window.axis(last).stride() > 1;
    }

    /** Where a window has one place only along the last axis its stride is 1 as well as any other. */
    static Window withoutIdleStride(Window window, Shape src, Shape dst) {
        List<Axis> axes = new ArrayList<>(window.axes());
        Axis axis = axes.get(axes.size() - 1);
        int rest = src.extent(-1) + axis.padBefore() + axis.padAfter() - axis.effectiveKernel();
        if (dst.extent(-1) == 1 && axis.padAfter() >= rest) {
            axes.set(
                    axes.size() - 1,
                    new Axis(axis.kernel(), 1, axis.dilation(), axis.padBefore(), axis.padAfter() - rest));
        }
        return new Window(axes);
    }

    /** [Cout, Cin/groups, k…] as oneDNN takes it: with an axis of groups in front where there are any. */
    static Shape grouped(Shape weights, int groups) {
        if (groups == 1) {
            return weights;
        }
        int[] extents = new int[weights.rank() + 1];
        extents[0] = groups;
        System.arraycopy(weights.extents(), 0, extents, 1, weights.rank());
        extents[1] /= groups;
        return Shape.of(extents);
    }

    /** Weights somewhere in memory, with their descriptor and their shape [Cout, Cin/groups, k…]. */
    record Weights(Buffer buffer, Desc desc, Shape shape) {}

    /** A convolution whose parameters are settled, however it came about. */
    record Direct(
            Window window,
            int groups,
            Weights weights,
            @Nullable Buffer bias) {
        /** The same with an axis of height 1. */
        Direct lifted(ProgramBuilder program) {
            List<Axis> axes = new ArrayList<>(List.of(Axis.of(1)));
            axes.addAll(window.axes());
            Shape shape = lift(weights.shape);
            Desc desc = program.plain(grouped(shape, groups));
            return new Direct(new Window(axes), groups, new Weights(weights.buffer, desc, shape), bias);
        }

        boolean lower(ProgramBuilder program, Step step, String algorithm) {
            int tile = program.algorithm().tile();
            if (tile > 0) {
                Winograd.of(
                                program,
                                this,
                                tile,
                                step.sources().get(0).shape(),
                                step.destination().shape())
                        .lower(program, step, program.algorithm().toString());
                return true;
            }
            Desc src = desc(program, step.sources().get(0));
            Desc dst = desc(program, step.destination());
            boolean lifted = window.rank() + 2 > step.destination().shape().rank();
            Step fusing = Swish.before(step);
            FusedPostOps.Choice choice = FusedPostOps.choose(
                    program,
                    fusing,
                    Layout.CHANNELS_LAST,
                    lifted ? ConvolutionLowering::lift : UnaryOperator.identity(),
                    attributes -> primitive(program, step, attributes, src, dst));
            if (choice == null) {
                return false;
            }
            Buffer written = choice.destination(program, step.destination(), Layout.CHANNELS_LAST);
            List<Instruction.Argument> arguments = new ArrayList<>(choice.fused().arguments);
            arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC, src, read(program, step)));
            arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, dst, written));
            call(program, fusing, choice.primitive(), arguments, algorithm);
            Elementwise.applyRest(program, step, choice.fused().count, written, Layout.CHANNELS_LAST);
            return true;
        }

        static Buffer read(ProgramBuilder program, Step step) {
            return program.read(step.sources().get(0), Layout.CHANNELS_LAST);
        }

        /** Appends the primitive; weights and bias are added to the arguments given. */
        void call(
                ProgramBuilder program,
                Step step,
                PrimitiveDesc primitive,
                List<Instruction.Argument> given,
                String algorithm) {
            Desc wanted = primitive.query(dnnl.dnnl_query_weights_md);
            Buffer packed = program.as(weights.buffer, weights.desc, wanted, "weights of " + step.name());
            List<Instruction.Argument> arguments = new ArrayList<>(given);
            arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_WEIGHTS, wanted, packed));
            if (bias != null) {
                arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_BIAS, biasDesc(program), bias));
            }
            program.call(primitive, ProgramBuilder.report(step, primitive, algorithm), arguments);
        }

        private Desc desc(ProgramBuilder program, Value value) {
            Shape shape = value.shape();
            Shape spatial = shape.rank() < window.rank() + 2 ? lift(shape) : shape;
            return program.dense(spatial, Layout.CHANNELS_LAST);
        }

        /** Asks for the primitive between two descriptors. */
        @Nullable PrimitiveDesc primitive(ProgramBuilder program, Step step, Attributes attributes, Desc src, Desc dst) {
            Desc any = program.any(grouped(weights.shape, groups).toLongs());
            return program.describe(
                    attributes,
                    step.name(),
                    attr -> NativeNetwork.convolution(
                            Dnnl.engine(),
                            Desc.addresses(src, any, bias == null ? null : biasDesc(program), dst),
                            Windows.strides(window),
                            Windows.dilations(window),
                            Windows.padsBefore(window),
                            Windows.padsAfter(window),
                            attr));
        }

        Desc biasDesc(ProgramBuilder program) {
            return program.plain(Shape.of(weights.shape.extent(0)));
        }
    }

    /** A shape with an axis of extent 1 before the spatial one. */
    static Shape lift(Shape shape) {
        return Shape.of(shape.extent(0), shape.extent(1), 1, shape.extent(2));
    }
}
