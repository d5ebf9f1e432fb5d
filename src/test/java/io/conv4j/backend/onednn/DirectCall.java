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
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Pointer;

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

    private long describe(long attributes) {
        Desc src = any(step.sources().get(0).shape().toLongs());
        Desc dst = any(step.destination().shape().toLongs());
        if (step.layer() instanceof Convolution layer) {
            Window window = layer.window();
            Desc packed =
                    any(ConvolutionLowering.grouped(weights, layer.groups()).toLongs());
            return NativeNetwork.convolution(
                    Dnnl.engine(),
                    Desc.addresses(src, packed, bias(), dst),
                    Windows.strides(window),
                    Windows.dilations(window),
                    Windows.padsBefore(window),
                    Windows.padsAfter(window),
                    attributes);
        } else if (step.layer() instanceof TransposedConvolution layer) {
            return deconvolution(attributes, layer, src, dst);
        } else if (step.layer() instanceof Dense) {
            return innerProduct(attributes, src, dst);
        }
        throw new IllegalArgumentException(step + " is no layer with weights");
    }

    /** By the preset: the library itself has no use for this primitive. */
    private long innerProduct(long attributes, Desc src, Desc dst) {
        dnnl_primitive_desc result = new dnnl_primitive_desc();
        int status = dnnl.dnnl_inner_product_forward_primitive_desc_create(
                result,
                new dnnl_engine(new Handle(Dnnl.engine())),
                dnnl.dnnl_forward_inference,
                new dnnl_memory_desc(new Handle(src.address())),
                new dnnl_memory_desc(new Handle(any(weights.toLongs()).address())),
                new dnnl_memory_desc(new Handle(bias().address())),
                new dnnl_memory_desc(new Handle(dst.address())),
                new dnnl_primitive_attr(new Handle(attributes)));
        return status == dnnl.dnnl_success ? result.address() : -status;
    }

    /** An address as JavaCPP sees it. */
    private static final class Handle extends Pointer {
        Handle(long address) {
            this.address = address;
        }
    }

    private long deconvolution(long attributes, TransposedConvolution layer, Desc src, Desc dst) {
        Window window = layer.window();
        long[] padsAfter = Windows.padsAfter(window);
        for (int i = 0; i < padsAfter.length; i++) {
            padsAfter[i] -= layer.outputPadding().get(i);
        }
        Desc packed = any(Deconvolution.weightExtents(weights, layer.groups()));
        return NativeNetwork.deconvolution(
                Dnnl.engine(),
                Desc.addresses(src, packed, bias(), dst),
                Windows.strides(window),
                Windows.dilations(window),
                Windows.padsBefore(window),
                padsAfter,
                attributes);
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
