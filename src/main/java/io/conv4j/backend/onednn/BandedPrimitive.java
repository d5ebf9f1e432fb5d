package io.conv4j.backend.onednn;

import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/** A convolution in bands on oneDNN's primitives. */
final class BandedPrimitive extends BandedConvolution {
    private record Made(PrimitiveDesc desc, Desc src, Desc dst, boolean adds) {
        Desc weights() {
            return desc.query(dnnl.dnnl_query_weights_md);
        }
    }

    private final List<Made> made = new ArrayList<>();

    BandedPrimitive(ProgramBuilder program, Step step) {
        super(program, step);
    }

    @Override
    boolean prepare(int rows, BandSchedule.Seen seen) {
        Made primitive = describe(rows, seen);
        if (primitive == null
                || !made.isEmpty() && !primitive.weights().isSameAs(made.get(0).weights())) {
            return false;
        }
        made.add(primitive);
        return true;
    }

    private @Nullable Made describe(int rows, BandSchedule.Seen seen) {
        Axis height = whole().window().axis(0);
        Window window = new Window(List.of(
                new Axis(height.kernel(), height.stride(), height.dilation(), seen.before(), seen.after()),
                whole().window().axis(1)));
        Desc src = band(step().sources().get(0).shape(), seen.rows().count());
        Desc dst = band(step().destination().shape(), rows);
        Attributes attributes = Attributes.none(program().resources());
        boolean adds = false;
        for (PostOp postOp : step().postOps()) {
            if (postOp instanceof PostOp.Apply apply) {
                Eltwise eltwise = Eltwise.of(apply.activation());
                if (eltwise == null) {
                    return null;
                }
                attributes.eltwise(eltwise);
            } else {
                attributes.sum();
                adds = true;
            }
        }
        PrimitiveDesc desc = new ConvolutionLowering.Direct(window, 1, whole().weights(), whole().bias())
                .primitive(program(), step(), attributes, src, dst);
        return desc == null || desc.isSlow() ? null : new Made(desc, src, dst, adds);
    }

    private Desc band(Shape shape, int rows) {
        return program().dense(Shape.of(1, shape.extent(1), rows, shape.extent(3)), Layout.CHANNELS_LAST);
    }

    @Override
    String implementation() {
        return made.get(0).desc().implementation();
    }

    @Override
    long scratchpadBytes() {
        long most = 0;
        for (Made one : made) {
            most = Math.max(most, one.desc().scratchpadBytes());
        }
        return most;
    }

    @Override
    void addWeights(List<Buffer> buffers) {
        ConvolutionLowering.Weights plain = whole().weights();
        buffers.add(program().as(plain.buffer(), plain.desc(), made.get(0).weights(), "weights of " + step().name()));
        Buffer bias = whole().bias();
        if (bias != null) {
            buffers.add(bias);
        }
    }

    @Override
    List<Long> parameters(boolean projects) {
        List<Long> parameters = new ArrayList<>();
        for (Made one : made) {
            Desc scratchpad = one.desc().query(dnnl.dnnl_query_scratchpad_md);
            parameters.addAll(List.of(
                    one.desc().primitive(step().name()),
                    projects ? 1L : 0L,
                    one.src().address(),
                    one.weights().address(),
                    whole().bias() == null ? 0L : whole().biasDesc(program()).address(),
                    one.dst().address(),
                    one.desc().scratchpadBytes() == 0 ? 0L : scratchpad.address(),
                    one.adds() ? 1L : 0L,
                    0L));
        }
        return parameters;
    }
}
