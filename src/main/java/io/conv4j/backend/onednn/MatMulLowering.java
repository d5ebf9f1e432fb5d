package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * Fully connected layers and matrix products as oneDNN's matmul, plain, where {@link AlgorithmChoice} does not say otherwise;
 * constant weights are packed.
 */
final class MatMulLowering {
    private final ProgramBuilder program;
    private final Step step;
    private final Shape a;
    private final Shape b;
    private final Desc presentB;

    private MatMulLowering(ProgramBuilder program, Step step, Shape a, Shape b, Desc presentB) {
        this.program = program;
        this.step = step;
        this.a = a;
        this.b = b;
        this.presentB = presentB;
    }

    /** src [N, K] · weights [Cout, K] transposed. */
    static boolean lowerDense(ProgramBuilder program, Step step) {
        if (program.algorithm().equals(Algorithm.GEMV)) {
            Gemv.lower(program, step);
            return true;
        }
        Shape weights = step.sources().get(1).shape();
        Shape transposed = Shape.of(weights.extent(1), weights.extent(0));
        Desc present =
                Desc.strided(program.resources(), typeOfWeights(program, step), transposed.toLongs(), new long[] {
                    1, weights.extent(1)
                });
        Shape src = step.sources().get(0).shape();
        return new MatMulLowering(program, step, src, transposed, present).lower();
    }

    /** Batched products; the shorter operand's missing batch axes are of extent 1. */
    static boolean lowerMatMul(ProgramBuilder program, Step step) {
        int rank = step.destination().shape().rank();
        Shape a = FusedPostOps.padded(step.sources().get(0).shape(), rank);
        Shape b = FusedPostOps.padded(step.sources().get(1).shape(), rank);
        if (rank > 6) {
            return false;
        }
        return new MatMulLowering(
                        program,
                        step,
                        a,
                        b,
                        Desc.dense(program.resources(), typeOfWeights(program, step), b, Layout.PLAIN))
                .lower();
    }

    /** Constant weights are packed from f32, others come as they are. */
    private static DataType typeOfWeights(ProgramBuilder program, Step step) {
        return program.constant(step.sources().get(1)) == null ? program.workingType() : DataType.F32;
    }

    private boolean lower() {
        Shape dst = step.destination().shape();
        Desc aDesc = program.dense(a, Layout.PLAIN);
        Desc dstDesc = program.dense(dst, Layout.PLAIN);
        Value weights = step.sources().get(1);
        Desc bDesc = program.constant(weights) == null ? presentB : program.any(b.toLongs());
        Desc bias = bias();
        Product product = new Product(aDesc, bDesc, bias, dstDesc);
        FusedPostOps.Choice choice = FusedPostOps.choose(
                program,
                step,
                Layout.PLAIN,
                UnaryOperator.identity(),
                attributes -> product.describe(program, step, attributes));
        if (choice == null) {
            return false;
        }
        boolean constant = program.constant(weights) != null;
        Desc wanted = constant ? choice.primitive().query(dnnl.dnnl_query_weights_md) : presentB;
        Buffer given = constant ? program.readPlain(weights) : program.read(weights, Layout.PLAIN);
        Buffer src = program.read(step.sources().get(0), Layout.PLAIN);
        Buffer packed = program.as(given, presentB, wanted, "weights of " + step.name());
        Buffer written = choice.destination(program, step.destination(), Layout.PLAIN);
        List<Instruction.Argument> arguments = new ArrayList<>(choice.fused().arguments);
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC, aDesc, src));
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_WEIGHTS, wanted, packed));
        if (bias != null) {
            arguments.add(new Instruction.Argument(
                    dnnl.DNNL_ARG_BIAS, bias, program.readPlain(step.sources().get(2))));
        }
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, dstDesc, written));
        program.call(choice.primitive(), ProgramBuilder.report(step, choice.primitive(), "matmul"), arguments);
        Elementwise.applyRest(program, step, choice.fused().count, written, Layout.PLAIN);
        return true;
    }

    private @Nullable Desc bias() {
        return step.sources().size() < 3 ? null : program.plain(Shape.of(1, b.extent(-1)));
    }

    /** The descriptors of a product: src times weights, and bias, where there is one, to every row of dst. */
    record Product(Desc src, Desc weights, @Nullable Desc bias, Desc dst) {
        /** Asks for the primitive. */
        @Nullable PrimitiveDesc describe(ProgramBuilder program, Step step, Attributes attributes) {
            return program.describe(
                    attributes,
                    step.name(),
                    attr -> NativeNetwork.matmul(
                            Dnnl.engine(),
                            src.address(),
                            weights.address(),
                            bias == null ? 0 : bias.address(),
                            dst.address(),
                            attr));
        }
    }
}
