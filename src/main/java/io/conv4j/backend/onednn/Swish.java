package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.layer.Activation;
import io.conv4j.tensor.DataType;
import java.util.List;

/**
 * Swish as a kernel of its own, in place over what a convolution has just written: oneDNN's, fused, takes longer than the
 * kernel and another pass over the tensor.
 */
final class Swish {
    private Swish() {}

    /** Whether {@link #lower} runs this activation. */
    static boolean runs(ProgramBuilder program, Activation activation) {
        return program.workingType() == DataType.F32 && activation.kind() == Activation.Kind.SWISH;
    }

    /** What of a step is to be fused: all of it but an activation at the end that {@link #lower} runs. */
    static Step before(ProgramBuilder program, Step step) {
        List<PostOp> postOps = step.postOps();
        int last = postOps.size() - 1;
        boolean ends =
                last >= 0 && postOps.get(last) instanceof PostOp.Apply apply && runs(program, apply.activation());
        return ends ? step.withPostOps(postOps.subList(0, last)) : step;
    }

    /** Appends the kernel over the elements of a step's destination. */
    static void lower(ProgramBuilder program, Step step, Activation activation, Buffer dst) {
        StepReport report = new StepReport(
                step.name(),
                activation.word(),
                step.destination().shape().toString(),
                "conv4j",
                "swish in place",
                false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_SWISH_IN_PLACE,
                List.of((long) step.destination().shape().elements(), (long)
                        Float.floatToRawIntBits(activation.alpha())),
                List.of(dst),
                report));
    }
}
