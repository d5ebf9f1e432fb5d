package io.conv4j.backend.onednn;

import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first post-ops of a step as own kernels take them: {@code PostOpKind} of {@code cpp/isa.hpp}, alpha, beta; and the
 * operands of those that have one.
 */
final class KernelPostOps {
    private static final int MOST = 8;
    private static final int ADD = 0;
    private static final int MULTIPLY = 1;
    private static final int RELU = 2;
    private static final int CLIP = 3;
    private static final int HARD_SWISH = 4;
    private static final int SWISH = 5;
    private static final int SIGMOID = 6;

    private final List<Long> parameters = new ArrayList<>();
    private final List<Buffer> operands = new ArrayList<>();
    private final boolean inRegisters;
    private int count;

    KernelPostOps() {
        this(false);
    }

    private KernelPostOps(boolean inRegisters) {
        this.inRegisters = inRegisters;
    }

    /** Of those only that are applied to sums while they are in registers, {@code for_registers} of {@code cpp/isa.hpp}. */
    static KernelPostOps inRegisters() {
        return new KernelPostOps(true);
    }

    /** How many there are. */
    int count() {
        return count;
    }

    /** Three numbers for each. */
    List<Long> parameters() {
        return parameters;
    }

    /** The tensors that {@link #fuse} found to be combined with dst, in order. */
    List<Buffer> operands() {
        return operands;
    }

    /**
     * Appends a step's post-ops until one does not fit; operands must be of dst's shape.
     *
     * @return where dst is to be written: over an operand that dies here, if there is one
     */
    Buffer fuse(ProgramBuilder program, Step step) {
        return fuse(program, List.of(step));
    }

    /** The same of the last of some steps that run together: an operand that another of them reads does not die here. */
    Buffer fuse(ProgramBuilder program, List<Step> together) {
        Step step = together.get(together.size() - 1);
        Value dst = step.destination();
        Buffer inPlace = null;
        for (PostOp postOp : step.postOps()) {
            Buffer operand = postOp instanceof PostOp.Combine combine ? operand(program, dst, combine) : null;
            boolean missing = operand == null && postOp instanceof PostOp.Combine;
            if (missing || !append(postOp)) {
                break;
            }
            if (operand != null) {
                operands.add(operand);
                Value added = ((PostOp.Combine) postOp).operand();
                inPlace = program.mayOverwrite(added, operand, together) ? operand : inPlace;
            }
        }
        return inPlace == null
                ? program.write(dst, Layout.CHANNELS_LAST)
                : program.alias(dst, Layout.CHANNELS_LAST, inPlace);
    }

    private static @Nullable Buffer operand(ProgramBuilder program, Value dst, PostOp.Combine combine) {
        boolean known = combine.op() == Binary.Op.ADD || combine.op() == Binary.Op.MUL;
        return known && combine.operand().shape().equals(dst.shape())
                ? program.read(combine.operand(), Layout.CHANNELS_LAST)
                : null;
    }

    /** Appends activations until one does not fit or another post-op comes. */
    void appendFirst(List<PostOp> postOps) {
        for (PostOp postOp : postOps) {
            if (!(postOp instanceof PostOp.Apply) || !append(postOp)) {
                return;
            }
        }
    }

    /** Appends one, if the kernels have it and there are not too many; operands must be of dst's shape and layout. */
    boolean append(PostOp postOp) {
        if (postOp instanceof PostOp.Combine combine) {
            return switch (combine.op()) {
                case ADD -> append(ADD, 0, 0);
                case MUL -> append(MULTIPLY, 0, 0);
                default -> false;
            };
        }
        Activation activation = ((PostOp.Apply) postOp).activation();
        return switch (activation.kind()) {
            case RELU -> append(RELU, 0, 0);
            case LEAKY_RELU -> append(RELU, activation.alpha(), 0);
            case CLIP -> append(CLIP, activation.alpha(), activation.beta());
            case HARD_SWISH -> append(HARD_SWISH, activation.alpha(), activation.beta());
            case SWISH -> append(SWISH, activation.alpha(), 0);
            case SIGMOID -> append(SIGMOID, 0, 0);
            default -> false;
        };
    }

    private boolean append(int kind, float alpha, float beta) {
        boolean known = !inRegisters || kind == ADD || kind == RELU || kind == CLIP;
        if (count == MOST || !known) {
            return false;
        }
        parameters.add((long) kind);
        parameters.add((long) Float.floatToRawIntBits(alpha));
        parameters.add((long) Float.floatToRawIntBits(beta));
        count++;
        return true;
    }
}
