package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Fully connected layers of few rows on the kernel of {@code cpp/gemv.hpp}, as fast as memory gives the weights; these stay as
 * they are in the model. So do those of convolutions that are fully connected layers by another name, as they see an image as a
 * whole, and once: by the direct algorithm they are packed, in up to 16 times the memory. In f32. Results do not depend on the
 * number of threads.
 */
final class Gemv {
    private Gemv() {}

    /** Whether a convolution's only window is its src, of more than one pixel. */
    static boolean applies(Convolution layer, Shape src) {
        Window window = layer.window();
        boolean sees = layer.groups() == 1 && !window.isPadded() && window.taps() > 1;
        for (int i = 0; i < window.rank(); i++) {
            Axis axis = window.axis(i);
            sees &= axis.kernel() == src.extent(i + 2) && (axis.kernel() == 1 || axis.dilation() == 1);
        }
        return sees;
    }

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
                (long) weights.elements() / weights.extent(0),
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
