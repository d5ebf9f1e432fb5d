package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/** Activations and binary functions as primitives of their own, and post-ops that did not fuse. */
final class Elementwise {
    private Elementwise() {}

    /** An activation over the elements as they lie, in place where its source dies. */
    static boolean lowerActivation(ProgramBuilder program, Step step) {
        Activation activation = (Activation) step.layer();
        Value source = step.sources().get(0);
        if (Swish.is(activation)) {
            Layout layout = program.present(source);
            Buffer src = program.read(source, layout);
            Buffer dst = overwriting(program, step, source, src, layout);
            Swish.lower(program, step, activation, src, dst);
            applyRest(program, step, 0, dst, layout);
            return true;
        }
        Eltwise eltwise = Eltwise.of(activation);
        return eltwise != null && lowerUnary(program, step, eltwise, source);
    }

    /** A step's destination: over its source if that may be. */
    private static Buffer overwriting(ProgramBuilder program, Step step, Value source, Buffer src, Layout layout) {
        return program.mayOverwrite(source, src, step)
                ? program.alias(step.destination(), layout, src)
                : program.write(step.destination(), layout);
    }

    private static boolean lowerUnary(ProgramBuilder program, Step step, Eltwise eltwise, Value source) {
        Desc desc = flat(program, step);
        PrimitiveDesc primitive =
                program.describe(Attributes.none(program.resources()), step.name(), attr -> eltwise.create(desc, attr));
        if (primitive == null) {
            return false;
        }
        Layout layout = program.present(source);
        Buffer src = program.read(source, layout);
        Buffer dst = overwriting(program, step, source, src, layout);
        call(program, step, primitive, desc, src, dst);
        applyRest(program, step, 0, dst, layout);
        return true;
    }

    /** A binary function; operands lie as dst does, smaller ones are broadcast. */
    static boolean lowerBinary(ProgramBuilder program, Step step) {
        Binary.Op op = ((Binary) step.layer()).op();
        Value a = step.sources().get(0);
        Value b = step.sources().get(1);
        Tensor exponent = program.constant(b);
        if (op == Binary.Op.POW && exponent != null && exponent.shape().elements() == 1) {
            return a.shape().equals(step.destination().shape())
                    && lowerUnary(
                            program, step, Eltwise.power(1, exponent.floats().get(0)), a);
        }
        if (FusedPostOps.algorithm(op) == 0) {
            return false;
        }
        Shape dst = step.destination().shape();
        if (FusedPostOps.padded(a.shape(), dst.rank()).equals(dst)) {
            return binary(program, step, op, a, b, null);
        }
        if (!FusedPostOps.padded(b.shape(), dst.rank()).equals(dst)) {
            return false;
        }
        // oneDNN broadcasts the second operand only.
        return switch (op) {
            case SUB -> binary(program, step, op, b, a, new Eltwise(dnnl.dnnl_eltwise_linear, -1, 0));
            case DIV -> binary(program, step, op, b, a, new Eltwise(dnnl.dnnl_eltwise_pow, 1, -1));
            default -> binary(program, step, op, b, a, null);
        };
    }

    private static boolean binary(
            ProgramBuilder program, Step step, Binary.Op op, Value whole, Value other, @Nullable Eltwise first) {
        Shape shape = step.destination().shape();
        Layout layout =
                Layout.CHANNELS_LAST.fits(shape) && whole.shape().equals(shape) ? program.present(whole) : Layout.PLAIN;
        Shape otherShape = FusedPostOps.padded(other.shape(), shape.rank());
        Buffer src = program.read(whole, layout, shape);
        Buffer operand = program.read(other, layout, otherShape);
        Desc desc = program.dense(shape, layout);
        Desc otherDesc = program.dense(otherShape, layout);
        // What oneDNN cannot express directly takes the place of the first post-op; the step's own run after it.
        Step fusing = first == null ? step : step.withoutPostOps();
        FusedPostOps.Choice choice = FusedPostOps.choose(
                program,
                fusing,
                layout,
                UnaryOperator.identity(),
                attributes -> describeBinary(
                        program,
                        step,
                        op,
                        List.of(desc, otherDesc, desc),
                        first == null ? attributes : attributes.eltwise(first)));
        if (choice == null) {
            return false;
        }
        Buffer dst = choice.fused().inPlace == null && program.mayOverwrite(whole, src, step)
                ? program.alias(step.destination(), layout, src)
                : choice.destination(program, step.destination(), layout);
        List<Instruction.Argument> arguments = new ArrayList<>(choice.fused().arguments);
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC, desc, src));
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_SRC_1, otherDesc, operand));
        arguments.add(new Instruction.Argument(dnnl.DNNL_ARG_DST, desc, dst));
        program.call(choice.primitive(), ProgramBuilder.report(step, choice.primitive(), ""), arguments);
        applyRest(program, step, choice.fused().count, dst, layout);
        return true;
    }

    private static @Nullable PrimitiveDesc describeBinary(
            ProgramBuilder program, Step step, Binary.Op op, List<Desc> descs, Attributes attributes) {
        return program.describe(attributes, step.name(), attr -> createBinary(op, descs, attr));
    }

    private static long createBinary(Binary.Op op, List<Desc> descs, long attributes) {
        return NativeNetwork.binary(
                Dnnl.engine(),
                FusedPostOps.algorithm(op),
                descs.get(0).address(),
                descs.get(1).address(),
                descs.get(2).address(),
                attributes);
    }

    /**
     * Runs the post-ops from an index on over dst, in place. The step has been lowered by now, so any implementation will do:
     * a slow one is named as such by its report.
     */
    static void applyRest(ProgramBuilder program, Step step, int from, Buffer dst, Layout layout) {
        for (PostOp postOp : step.postOps().subList(from, step.postOps().size())) {
            if (postOp instanceof PostOp.Apply apply) {
                apply(program, step, apply, dst);
            } else {
                combine(program, step, (PostOp.Combine) postOp, dst, layout);
            }
        }
    }

    private static void apply(ProgramBuilder program, Step step, PostOp.Apply apply, Buffer dst) {
        if (Swish.is(apply)) {
            Swish.lower(program, step, apply.activation(), dst, dst);
            return;
        }
        Eltwise eltwise = required(Eltwise.of(apply.activation()), step, apply);
        Desc desc = flat(program, step);
        PrimitiveDesc primitive = PrimitiveDesc.create(
                program.resources(),
                Attributes.none(program.resources()),
                step.name(),
                attr -> eltwise.create(desc, attr));
        call(program, step, required(primitive, step, apply), desc, dst, dst);
    }

    private static <T> T required(@Nullable T found, Step step, PostOp postOp) {
        if (found == null) {
            throw new IllegalStateException("post-op " + postOp + " of " + step + " has no primitive");
        }
        return found;
    }

    private static void combine(ProgramBuilder program, Step step, PostOp.Combine combine, Buffer dst, Layout layout) {
        Shape whole = step.destination().shape();
        Shape shape = FusedPostOps.padded(combine.operand().shape(), whole.rank());
        Desc desc = program.dense(whole, layout);
        Desc operand = program.dense(shape, layout);
        PrimitiveDesc primitive = required(
                PrimitiveDesc.create(
                        program.resources(),
                        Attributes.none(program.resources()),
                        step.name(),
                        attr -> createBinary(combine.op(), List.of(desc, operand, desc), attr)),
                step,
                combine);
        StepReport report = new StepReport(
                step.name(),
                combine.toString(),
                whole.toString(),
                primitive.implementation(),
                "after",
                primitive.isSlow());
        program.call(
                primitive,
                report,
                List.of(
                        new Instruction.Argument(dnnl.DNNL_ARG_SRC, desc, dst),
                        new Instruction.Argument(
                                dnnl.DNNL_ARG_SRC_1, operand, program.read(combine.operand(), layout, shape)),
                        new Instruction.Argument(dnnl.DNNL_ARG_DST, desc, dst)));
    }

    /** The order of the elements does not matter to an activation: one axis, whatever the layout. */
    private static Desc flat(ProgramBuilder program, Step step) {
        return program.dense(Shape.of(step.destination().shape().elements()), Layout.PLAIN);
    }

    private static void call(
            ProgramBuilder program, Step step, PrimitiveDesc primitive, Desc desc, Buffer src, Buffer dst) {
        program.call(
                primitive,
                ProgramBuilder.report(step, primitive, ""),
                List.of(
                        new Instruction.Argument(dnnl.DNNL_ARG_SRC, desc, src),
                        new Instruction.Argument(dnnl.DNNL_ARG_DST, desc, dst)));
    }
}
