package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation, with relu or not, of what a concatenation along the channels joined, or of one tensor: one pass from
 * the parts, which are never put together for it.
 */
final class JoinedNormalization {
    private final ProgramBuilder program;
    private final Step step;
    private final List<Value> parts;
    private final Tensor table;

    private JoinedNormalization(ProgramBuilder program, Step step, Tensor table) {
        this.program = program;
        this.step = step;
        this.parts = program.parts(step.sources().get(0));
        this.table = table;
    }

    /** That of a step; null if its statistics are not constant or other post-ops follow than relu. */
    static @Nullable JoinedNormalization of(ProgramBuilder program, Step step) {
        Tensor table = relu(step) || step.postOps().isEmpty() ? table(program, step) : null;
        return table == null ? null : new JoinedNormalization(program, step, table);
    }

    /** Whether relu, and nothing else, follows a normalisation. */
    static boolean relu(Step step) {
        return step.postOps().equals(List.of(new PostOp.Apply(Activation.relu())));
    }

    boolean relu() {
        return relu(step);
    }

    /** How many channels each part has. */
    List<Long> channels() {
        List<Long> channels = new ArrayList<>();
        for (Value part : parts) {
            channels.add((long) part.shape().extent(1));
        }
        return channels;
    }

    /** The parts, and the table of scales and shifts. */
    List<Buffer> buffers() {
        List<Buffer> buffers = new ArrayList<>();
        for (Value part : parts) {
            buffers.add(program.read(part, Layout.CHANNELS_LAST));
        }
        buffers.add(program.constants().hold(table));
        return buffers;
    }

    /** Lowers the step as one of its own. */
    void lower() {
        Shape shape = step.destination().shape();
        List<Long> parameters = new ArrayList<>(List.of(
                (long) shape.elements() / shape.extent(1),
                (long) program.workingType().bytes(),
                relu() ? 1L : 0L));
        parameters.addAll(channels());
        List<Buffer> buffers = buffers();
        buffers.add(program.write(step.destination(), Layout.CHANNELS_LAST));
        StepReport report = new StepReport(
                step.name(), step.word(), shape.toString(), "conv4j", "joins " + parts.size() + " tensors", false);
        program.add(new Instruction.KernelCall(NativeNetwork.KERNEL_JOIN_SCALE_SHIFT, parameters, buffers, report));
    }

    /** Scales and then shifts: scale / √(variance + epsilon), and bias − mean times that. */
    private static @Nullable Tensor table(ProgramBuilder program, Step step) {
        float epsilon = ((BatchNormalization) step.layer()).epsilon();
        List<float[]> statistics = new ArrayList<>();
        for (Value value : step.sources().subList(1, 5)) {
            Tensor constant = program.constant(value);
            if (constant == null) {
                return null;
            }
            statistics.add(constant.toFloats());
        }
        float[] scales = statistics.get(0);
        float[] biases = statistics.get(1);
        float[] means = statistics.get(2);
        float[] variances = statistics.get(3);
        int channels = scales.length;
        float[] table = new float[2 * channels];
        for (int channel = 0; channel < channels; channel++) {
            double scale = scales[channel] / Math.sqrt((double) variances[channel] + epsilon);
            table[channel] = (float) scale;
            table[channels + channel] = (float) (biases[channel] - means[channel] * scale);
        }
        return Tensor.of(Shape.of(2 * channels), table);
    }
}
