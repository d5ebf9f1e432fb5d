package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/** A pointwise convolution as one matrix product: pixels [N·spatial, Cin], channels last, by weights [Cin, Cout]. */
final class PointwiseProduct {
    private final ProgramBuilder program;
    private final Step step;
    private final ConvolutionLowering.Weights weights;
    private final @Nullable Buffer bias;
    private final Desc src;
    private final Desc dst;

    private PointwiseProduct(
            ProgramBuilder program, Step step, ConvolutionLowering.Weights weights, @Nullable Buffer bias) {
        this.program = program;
        this.step = step;
        this.weights = weights;
        this.bias = bias;
        this.src = program.dense(pixels(step.sources().get(0).shape()), Layout.PLAIN);
        this.dst = program.dense(pixels(step.destination().shape()), Layout.PLAIN);
    }

    /** Lowers a step whose convolution is pointwise, ungrouped and has constant weights; false if there is no primitive. */
    static boolean lower(
            ProgramBuilder program, Step step, ConvolutionLowering.Weights weights, @Nullable Buffer bias) {
        return new PointwiseProduct(program, step, weights, bias).lower();
    }

    /** [N, C, spatial…], channels last, as a matrix of one row a pixel. */
    private static Shape pixels(Shape shape) {
        return Shape.of(shape.elements() / shape.extent(1), shape.extent(1));
    }

    private boolean lower() {
        Value value = step.destination();
        FusedPostOps.Choice choice =
                FusedPostOps.choose(program, step, Layout.CHANNELS_LAST, PointwiseProduct::pixels, this::describe);
        if (choice == null || choice.primitive().isSlow()) {
            return false;
        }
        Shape given = Shape.of(weights.shape().extent(1), weights.shape().extent(0));
        Desc present =
                Desc.strided(program.resources(), DataType.F32, given.toLongs(), new long[] {1, given.extent(0)});
        Desc wanted = choice.primitive().query(dnnl.dnnl_query_weights_md);
        Buffer packed = program.as(weights.buffer(), present, wanted, "weights of " + step.name());
        Buffer read = ConvolutionLowering.Direct.read(program, step);
        Buffer written = choice.destination(program, value, Layout.CHANNELS_LAST);
        List<Instruction.Argument> arguments = new ArrayList<>(choice.fused().arguments);
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC, src, read));
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_WEIGHTS, wanted, packed));
        if (bias != null) {
            arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_BIAS, biasDesc(), bias));
        }
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, dst, written));
        program.call(
                choice.primitive(),
                ProgramBuilder.report(step, choice.primitive(), Algorithm.MATMUL.toString()),
                arguments);
        Elementwise.applyRest(program, step, choice.fused().count, written, Layout.CHANNELS_LAST);
        return true;
    }

    private Desc biasDesc() {
        return program.plain(Shape.of(1, weights.shape().extent(0)));
    }

    private @Nullable PrimitiveDesc describe(Attributes attributes) {
        Desc any = program.any(weights.shape().extent(1), weights.shape().extent(0));
        return new MatMulLowering.Product(src, any, bias == null ? null : biasDesc(), dst)
                .describe(program, step, attributes);
    }
}
