package io.conv4j.backend.onednn;

import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * The first post-ops of a step, fused into a primitive: attributes, the arguments they need, and, where a residual is added
 * in place, the buffer that must be dst.
 */
final class FusedPostOps {
    final Attributes attributes;
    final List<Instruction.Argument> arguments = new ArrayList<>();
    final int count;

    @Nullable Buffer inPlace;

    private FusedPostOps(Resources resources, int count) {
        this.attributes = Attributes.none(resources);
        this.count = count;
    }

    /** A primitive and how many of the step's post-ops it runs. */
    record Choice(PrimitiveDesc primitive, FusedPostOps fused) {
        /** The buffer to write the destination to. */
        Buffer destination(ProgramBuilder program, Value value, Layout layout) {
            Buffer inPlace = fused.inPlace;
            return inPlace == null ? program.write(value, layout) : program.alias(value, layout, inPlace);
        }
    }

    /**
     * Fuses as many post-ops as run on a good implementation.
     *
     * @param layout of the destination
     * @param seen the shape that the primitive gives to a tensor of this shape
     * @param create asks for the primitive with given attributes
     * @return null if there is no primitive even without post-ops
     */
    static @Nullable Choice choose(
            ProgramBuilder program,
            Step step,
            Layout layout,
            UnaryOperator<Shape> seen,
            Function<Attributes, @Nullable PrimitiveDesc> create) {
        for (int count = step.postOps().size(); count >= 0; count--) {
            FusedPostOps fused = new FusedPostOps(program.resources(), count);
            boolean fits = fused.append(program, step, layout, seen);
            PrimitiveDesc primitive = fits ? create.apply(fused.attributes) : null;
            if (primitive != null && (count == 0 || !primitive.isSlow())) {
                return new Choice(primitive, fused);
            }
        }
        return null;
    }

    private boolean append(ProgramBuilder program, Step step, Layout layout, UnaryOperator<Shape> seen) {
        for (PostOp postOp : step.postOps().subList(0, count)) {
            boolean appended = postOp instanceof PostOp.Apply apply
                    ? append(Eltwise.of(apply.activation()))
                    : append(program, step, layout, seen, (PostOp.Combine) postOp);
            if (!appended) {
                return false;
            }
        }
        return true;
    }

    private boolean append(@Nullable Eltwise eltwise) {
        if (eltwise == null) {
            return false;
        }
        attributes.eltwise(eltwise);
        return true;
    }

    private boolean append(
            ProgramBuilder program, Step step, Layout layout, UnaryOperator<Shape> seen, PostOp.Combine combine) {
        Shape dst = step.destination().shape();
        int algorithm = algorithm(combine.op());
        if (algorithm == 0 || layout == Layout.CHANNELS_LAST && !alongChannelsOrWhole(combine.operand(), dst)) {
            return false;
        }
        Shape ranked = seen.apply(padded(combine.operand().shape(), dst.rank()));
        if (!broadcasts(ranked, seen.apply(dst))) {
            return false;
        }
        Buffer operand =
                program.read(combine.operand(), layout, padded(combine.operand().shape(), dst.rank()));
        if (combine.op() == Binary.Op.ADD
                && inPlace == null
                && combine.operand().shape().equals(dst)
                && program.mayOverwrite(combine.operand(), operand, step)) {
            attributes.sum();
            inPlace = operand;
            return true;
        }
        Desc desc = program.dense(ranked, layout);
        arguments.add(new Instruction.Argument(attributes.binary(algorithm, desc), desc, operand));
        return true;
    }

    /**
     * Whether an operand is whole, or the same all over each image. Fused into a channels-last primitive, oneDNN 3.11 takes
     * one that changes along the width for one that changes along the channels, and gives wrong results.
     */
    private static boolean alongChannelsOrWhole(Value operand, Shape dst) {
        Shape shape = padded(operand.shape(), dst.rank());
        boolean alike = true;
        for (int axis = 2; axis < shape.rank(); axis++) {
            alike &= shape.extent(axis) == 1;
        }
        return alike || shape.equals(dst);
    }

    private static boolean broadcasts(Shape operand, Shape dst) {
        boolean fits = operand.rank() == dst.rank();
        for (int axis = 0; fits && axis < dst.rank(); axis++) {
            fits = operand.extent(axis) == 1 || operand.extent(axis) == dst.extent(axis);
        }
        return fits;
    }

    /** Leading axes of extent 1 added up to a rank. */
    static Shape padded(Shape shape, int rank) {
        int[] extents = new int[Math.max(rank, shape.rank())];
        java.util.Arrays.fill(extents, 1);
        System.arraycopy(shape.extents(), 0, extents, extents.length - shape.rank(), shape.rank());
        return Shape.of(extents);
    }

    /** oneDNN's number of a binary function; 0 if it has none. */
    static int algorithm(Binary.Op op) {
        return switch (op) {
            case ADD -> dnnl.dnnl_binary_add;
            case SUB -> dnnl.dnnl_binary_sub;
            case MUL -> dnnl.dnnl_binary_mul;
            case DIV -> dnnl.dnnl_binary_div;
            case MIN -> dnnl.dnnl_binary_min;
            case MAX -> dnnl.dnnl_binary_max;
            default -> 0;
        };
    }
}
