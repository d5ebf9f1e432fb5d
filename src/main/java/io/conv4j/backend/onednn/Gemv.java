package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Fully connected layers of few rows on the kernel of {@code cpp/gemv.hpp}, as fast as memory gives the weights; these stay as
 * they are in the model. In f32. Results do not depend on the number of threads.
 */
final class Gemv {
    private Gemv() {}

    /** Lowers a step with all post-ops that the kernel knows; what does not fuse follows. */
    static void lower(ProgramBuilder program, Step step) {
        Shape weights = step.sources().get(1).shape();
        boolean biased = step.sources().size() == 3;
        List<Buffer> buffers = new ArrayList<>();
        buffers.add(program.read(step.sources().get(0), Layout.PLAIN));
        buffers.add(program.readPlain(step.sources().get(1)));
        if (biased) {
            buffers.add(program.readPlain(step.sources().get(2)));
        }
        KernelPostOps postOps = new KernelPostOps();
        Buffer dst = postOps.fuse(program, step);
        buffers.addAll(postOps.operands());
        buffers.add(dst);
        List<Long> parameters = new ArrayList<>(List.of(
                0L,
                (long) step.destination().shape().extent(0),
                (long) weights.extent(1),
                (long) weights.extent(0),
                biased ? 1L : 0L));
        parameters.addAll(postOps.parameters());
        StepReport report = new StepReport(
                step.name(),
                step.word(),
                step.destination().shape().toString(),
                "conv4j",
                Algorithm.GEMV.toString(),
                false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_GEMV, List.copyOf(parameters), List.copyOf(buffers), report));
        Elementwise.applyRest(program, step, postOps.count(), dst, Layout.PLAIN);
    }
}
