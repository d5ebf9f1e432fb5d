package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import java.util.ArrayList;
import java.util.List;

/** A convolution in bands on our own kernel, by {@link Indirect}. */
final class BandedIndirect extends BandedConvolution {
    private final Indirect indirect;
    private final List<List<Long>> kernels = new ArrayList<>();

    BandedIndirect(ProgramBuilder program, Step step, Algorithm algorithm) {
        super(program, step);
        this.indirect = new Indirect(program, step, whole().window(), algorithm);
    }

    @Override
    boolean prepare(int rows, BandSchedule.Seen seen) {
        return kernels.add(
                indirect.parametersOf(new Indirect.Rows(1, seen.rows().count(), rows, seen.before())));
    }

    @Override
    String implementation() {
        return "conv4j";
    }

    @Override
    long scratchpadBytes() {
        long most = 0;
        for (List<Long> kernel : kernels) {
            most = Math.max(most, indirect.scratchpadBytes(kernel));
        }
        return most;
    }

    @Override
    void addWeights(List<Buffer> buffers) {
        indirect.addWeights(kernels.get(0), buffers);
    }

    @Override
    List<Long> parameters(boolean projects) {
        List<Long> parameters = new ArrayList<>();
        for (List<Long> kernel : kernels) {
            parameters.addAll(List.of(
                    0L,
                    projects ? 1L : 0L,
                    0L,
                    0L,
                    whole().bias() == null ? 0L : 1L,
                    0L,
                    1L,
                    operand() == null ? 0L : 1L,
                    (long) kernel.size()));
            parameters.addAll(kernel);
        }
        return parameters;
    }
}
