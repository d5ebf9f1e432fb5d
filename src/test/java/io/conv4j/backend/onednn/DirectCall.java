package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import java.util.Objects;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * oneDNN's own primitive for a convolution, transposed convolution or dense layer with bias and relu: {@code
 * convolution_direct}, {@code deconvolution_direct} or the inner product, for inference, with layouts {@code any}.
 */
final class DirectCall {
    private final ProgramBuilder program;
    private final Step step;
    private final Shape weights;
    private final PrimitiveDesc primitive;

    private DirectCall(ProgramBuilder program, Step step) {
        this.program = program;
        this.step = step;
        this.weights = step.sources().get(1).shape();
        Attributes attributes = Attributes.none(program.resources());
        if (!step.postOps().isEmpty()) {
            attributes.eltwise(Objects.requireNonNull(Eltwise.of(Activation.relu())));
        }
        PrimitiveDesc described = program.describe(attributes, step.name(), this::describe);
        this.primitive = Objects.requireNonNull(described, () -> "oneDNN has no primitive for " + step);
    }

    /** For a step whose weights and bias are constant and whose only post-op, if any, is relu. */
    static DirectCall of(ProgramBuilder program, Step step) {
        if (step.word().replace("+relu", "").contains("+") || step.sources().size() != 3) {
            throw new IllegalArgumentException(step + " has more than a bias and a relu");
        }
        return new DirectCall(program, step);
    }

    private int describe(dnnl_primitive_desc result, dnnl_primitive_attr attr) {
        Desc src = any(step.sources().get(0).shape().toLongs());
        Desc dst = any(step.destination().shape().toLongs());
        if (step.layer() instanceof Convolution layer) {
            return convolution(result, attr, layer, src, dst);
        } else if (step.layer() instanceof TransposedConvolution layer) {
            return deconvolution(result, attr, layer, src, dst);
        } else if (step.layer() instanceof Dense) {
            return dnnl.dnnl_inner_product_forward_primitive_desc_create(
                    result,
                    Dnnl.engine(),
                    dnnl.dnnl_forward_inference,
                    src.handle(),
                    any(weights.toLongs()).handle(),
                    bias().handle(),
                    dst.handle(),
                    attr);
        }
        throw new IllegalArgumentException(step + " is no layer with weights");
    }

    private int convolution(
            dnnl_primitive_desc result, dnnl_primitive_attr attr, Convolution layer, Desc src, Desc dst) {
        Window window = layer.window();
        return dnnl.dnnl_convolution_forward_primitive_desc_create(
                result,
                Dnnl.engine(),
                dnnl.dnnl_forward_inference,
                dnnl.dnnl_convolution_direct,
                src.handle(),
                any(ConvolutionLowering.grouped(weights, layer.groups()).toLongs())
                        .handle(),
                bias().handle(),
                dst.handle(),
                Windows.strides(window),
                Windows.dilations(window),
                Windows.padsBefore(window),
                Windows.padsAfter(window),
                attr);
    }

    private int deconvolution(
            dnnl_primitive_desc result, dnnl_primitive_attr attr, TransposedConvolution layer, Desc src, Desc dst) {
        Window window = layer.window();
        long[] padsAfter = Windows.padsAfter(window);
        for (int i = 0; i < padsAfter.length; i++) {
            padsAfter[i] -= layer.outputPadding().get(i);
        }
        return dnnl.dnnl_deconvolution_forward_primitive_desc_create(
                result,
                Dnnl.engine(),
                dnnl.dnnl_forward_inference,
                dnnl.dnnl_deconvolution_direct,
                src.handle(),
                any(Deconvolution.weightExtents(weights, layer.groups())).handle(),
                bias().handle(),
                dst.handle(),
                Windows.strides(window),
                Windows.dilations(window),
                Windows.padsBefore(window),
                padsAfter,
                attr);
    }

    private Desc any(long[] extents) {
        return program.any(extents);
    }

    private Desc bias() {
        return program.plain(step.sources().get(2).shape());
    }

    /** The weights as the step has them, in oneDNN's order of axes. */
    private Desc plainWeights() {
        if (step.layer() instanceof TransposedConvolution layer) {
            return Deconvolution.plainWeights(program.resources(), weights, layer.groups());
        }
        int groups = step.layer() instanceof Convolution layer ? layer.groups() : 1;
        return program.plain(ConvolutionLowering.grouped(weights, groups));
    }

    PrimitiveDesc primitive() {
        return primitive;
    }

    /** The layout of src that oneDNN has chosen. */
    Desc src() {
        return primitive.query(dnnl.dnnl_query_src_md);
    }

    /** The layout of dst that oneDNN has chosen. */
    Desc dst() {
        return primitive.query(dnnl.dnnl_query_dst_md);
    }

    StepReport report() {
        return ProgramBuilder.report(step, primitive, "oneDNN's own");
    }

    /** All arguments; weights are packed now. */
    List<Instruction.Argument> arguments(Buffer src, Buffer dst) {
        Desc wanted = primitive.query(dnnl.dnnl_query_weights_md);
        Buffer packed =
                program.as(program.readPlain(step.sources().get(1)), plainWeights(), wanted, "weights of " + step);
        return List.of(
                new Instruction.Argument(dnnl.DNNL_ARG_SRC, src(), src),
                new Instruction.Argument(dnnl.DNNL_ARG_WEIGHTS, wanted, packed),
                new Instruction.Argument(
                        dnnl.DNNL_ARG_BIAS,
                        bias(),
                        program.readPlain(step.sources().get(2))),
                new Instruction.Argument(dnnl.DNNL_ARG_DST, dst(), dst));
    }
}
