package io.conv4j.backend.onednn;

import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A convolution in {@link Bands}: what computes it, for each number of rows and of rows that do not exist. */
abstract class BandedConvolution {
    private record Kind(int rows, int before, int after) {
        /** Said, as is what follows: the language's own way takes tens of milliseconds at the first call in a JVM. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Kind that && rows == that.rows && before == that.before && after == that.after;
        }

        @Override
        public int hashCode() {
            return 31 * (31 * rows + before) + after;
        }
    }

    private final ProgramBuilder program;
    private final Step step;
    private final ConvolutionLowering.Direct whole;
    private final Map<Kind, Integer> indices = new LinkedHashMap<>();

    BandedConvolution(ProgramBuilder program, Step step) {
        this.program = program;
        this.step = step;
        this.whole = ConvolutionLowering.direct(program, step, ((Convolution) step.layer()).window());
    }

    /** A step on what is the fastest by rule. */
    static BandedConvolution of(ProgramBuilder program, Step step) {
        Window window = ((Convolution) step.layer()).window();
        boolean full = program.workingType() == DataType.F32;
        if (full && program.options().algorithms().winograd() && appendsAll(KernelPostOps.inRegisters(), step)) {
            if (FilterRule.isCandidate(step, window) && FilterRule.paysInBands(step, window)) {
                return new BandedIndirect(program, step, Algorithm.FILTERED);
            }
            if (FipRule.pays(step, window)) {
                return new BandedIndirect(program, step, Algorithm.FIP);
            }
        }
        boolean own = full && IndirectRule.paysByHalves(step, window) && appendsAll(new KernelPostOps(), step);
        return own ? new BandedIndirect(program, step, Algorithm.INDIRECT) : new BandedPrimitive(program, step);
    }

    private static boolean appendsAll(KernelPostOps postOps, Step step) {
        return step.postOps().stream().allMatch(postOps::append);
    }

    ProgramBuilder program() {
        return program;
    }

    Step step() {
        return step;
    }

    ConvolutionLowering.Direct whole() {
        return whole;
    }

    /** The rows of src that rows of dst see. */
    BandSchedule.Seen seen(BandSchedule.Rows rows) {
        return BandSchedule.Seen.of(
                whole.window().axis(0), rows, step.sources().get(0).shape().extent(2));
    }

    /** The index of what computes rows of dst; -1 if there is nothing good that reads the weights as the others do. */
    int index(BandSchedule.Rows rows) {
        BandSchedule.Seen seen = seen(rows);
        Kind kind = new Kind(rows.count(), seen.before(), seen.after());
        Integer known = indices.get(kind);
        if (known != null) {
            return known;
        }
        if (!prepare(rows.count(), seen)) {
            return -1;
        }
        indices.put(kind, indices.size());
        return indices.size() - 1;
    }

    /** How many there are. */
    int count() {
        return indices.size();
    }

    /** What is added to the result; null if nothing is. */
    @Nullable Value operand() {
        for (PostOp postOp : step.postOps()) {
            if (postOp instanceof PostOp.Combine combine) {
                return combine.operand();
            }
        }
        return null;
    }

    /** Prepares what computes so many rows, as the next one; returns false if there is nothing good. */
    abstract boolean prepare(int rows, BandSchedule.Seen seen);

    /** Whose implementation it is. */
    abstract String implementation();

    /** The most that one of them needs. */
    abstract long scratchpadBytes();

    /** Appends weights and, if there is one, bias. */
    abstract void addWeights(List<Buffer> buffers);

    /** Those of all of them, as {@code cpp/bands.hpp} says. */
    abstract List<Long> parameters(boolean projects);
}
