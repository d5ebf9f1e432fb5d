package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.layer.Activation;
import java.util.List;

/**
 * Swish as a kernel of its own, in f32 and bf16; after a convolution in place over what it has just written: oneDNN's, fused,
 * takes longer than the kernel and another pass over the tensor.
 */
final class Swish {
    private Swish() {}

    /** Whether this is the activation that is run here. */
    static boolean is(PostOp postOp) {
        return postOp instanceof PostOp.Apply apply && is(apply.activation());
    }

    /** Whether this is the activation that is run here. */
    static boolean is(Activation activation) {
        return activation.kind() == Activation.Kind.SWISH;
    }

    /** What of a step is to be fused: all of it but a swish at the end. */
    static Step before(Step step) {
        List<PostOp> postOps = step.postOps();
        int last = postOps.size() - 1;
        return last >= 0 && is(postOps.get(last)) ? step.withPostOps(postOps.subList(0, last)) : step;
    }

    /** Appends the kernel over the elements, in the working type, of a step's destination; dst may be src. */
    static void lower(ProgramBuilder program, Step step, Activation activation, Buffer src, Buffer dst) {
        StepReport report = new StepReport(
                step.name(),
                activation.word(),
                step.destination().shape().toString(),
                "conv4j",
                src == dst ? "in place" : "",
                false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_SWISH_ELEMENTS,
                List.of(
                        (long) step.destination().shape().elements(),
                        Float.floatToRawIntBits(activation.alpha()) & 0xffffffffL,
                        (long) program.workingType().bytes()),
                List.of(src, dst),
                report));
    }
}
