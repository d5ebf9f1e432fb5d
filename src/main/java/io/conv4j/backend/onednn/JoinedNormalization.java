package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation, with relu or not, of what a concatenation along the channels joined: one pass from the parts, which
 * are never put together for it.
 */
final class JoinedNormalization {
    private JoinedNormalization() {}

    /** Lowers a step whose source is joined; false if its statistics are not constant. */
    static boolean lower(ProgramBuilder program, Step step, boolean relu) {
        Tensor table = table(program, step);
        if (table == null) {
            return false;
        }
        Value source = step.sources().get(0);
        List<Value> parts = program.parts(source);
        List<Long> parameters = new ArrayList<>(List.of(
                (long) source.shape().elements() / source.shape().extent(1),
                (long) program.workingType().bytes(),
                relu ? 1L : 0L));
        List<Buffer> buffers = new ArrayList<>();
        for (Value part : parts) {
            parameters.add((long) part.shape().extent(1));
            buffers.add(program.read(part, Layout.CHANNELS_LAST));
        }
        buffers.add(program.hold(table));
        buffers.add(program.write(step.destination(), Layout.CHANNELS_LAST));
        StepReport report = new StepReport(
                step.name(),
                step.word(),
                step.destination().shape().toString(),
                "conv4j",
                "joins " + parts.size() + " tensors",
                false);
        program.add(new Instruction.KernelCall(NativeNetwork.KERNEL_JOIN_SCALE_SHIFT, parameters, buffers, report));
        return true;
    }

    /** Scales and then shifts: scale / √(variance + epsilon), and bias − mean times that. */
    private static @Nullable Tensor table(ProgramBuilder program, Step step) {
        float epsilon = ((BatchNormalization) step.layer()).epsilon();
        List<Tensor> statistics = new ArrayList<>();
        for (Value value : step.sources().subList(1, 5)) {
            Tensor constant = program.constant(value);
            if (constant == null) {
                return null;
            }
            statistics.add(constant);
        }
        int channels = statistics.get(0).shape().elements();
        Tensor table = Tensor.zeros(DataType.F32, Shape.of(2 * channels));
        for (int channel = 0; channel < channels; channel++) {
            double scale =
                    statistics.get(0).get(channel) / Math.sqrt(statistics.get(3).get(channel) + epsilon);
            table.set(channel, scale);
            table.set(
                    channels + channel,
                    statistics.get(1).get(channel) - statistics.get(2).get(channel) * scale);
        }
        return table;
    }
}
