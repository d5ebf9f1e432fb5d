package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepKernels;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One step, lowered by one algorithm exactly as in a plan, to be run and timed. Before each run other memory is copied, so
 * that weights and dst come from where they come from in a network, and what the step reads is written, as the step before
 * would have done. Used by one thread.
 */
final class TrialRun implements AutoCloseable {
    private static final StepKernels NO_JAVA = (step, sources, operands, destinations, threads) -> {
        throw new IllegalStateException(step + " is to run natively");
    };

    private final OnednnExecutable executable;
    private final OnednnContext context;
    private final int firstTimed;

    private TrialRun(OnednnExecutable executable, int firstTimed) {
        this.executable = executable;
        this.firstTimed = firstTimed;
        this.context = new OnednnContext(executable);
    }

    /** Prepares a trial; null if the algorithm has no good primitive for the step. */
    static @Nullable TrialRun of(Plan plan, Step step, ExecutionOptions options, Algorithm algorithm, Tensor between) {
        Plan only = new Plan(plan.name(), List.of(step), List.of(), List.of(), plan.constants());
        Resources resources = new Resources();
        try {
            ProgramBuilder program = new ProgramBuilder(only, options, resources);
            int first = disturb(program, step, between);
            boolean lowered = Lowering.lower(program, 0, step, algorithm)
                    && program.instructions().stream()
                            .map(instruction -> instruction.report().algorithm())
                            .anyMatch(name -> name.startsWith(algorithm.toString()));
            if (!lowered) {
                resources.close();
                return null;
            }
            if (options.precisionOf(step.name()) == Precision.BF16) {
                // What follows reads bf16.
                program.begin(0, DataType.BF16, algorithm);
                program.read(step.destination(), Layout.CHANNELS_LAST);
            }
            program.finish();
            OnednnExecutable executable =
                    OnednnExecutable.load(only, program, resources, options.intraOpThreads(), NO_JAVA);
            return new TrialRun(executable, first);
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /** Copies other memory and writes what the step reads; returns how many instructions that takes. */
    private static int disturb(ProgramBuilder program, Step step, Tensor between) {
        program.begin(
                0,
                program.options().precisionOf(step.name()) == Precision.BF16 ? DataType.BF16 : DataType.F32,
                Algorithm.DIRECT);
        Buffer from = program.constants().hold(between);
        Desc bytes = Desc.bytes(program.resources(), from.bytes);
        program.reorder(
                Instruction.Place.of(from), bytes, Instruction.Place.of(Buffer.arena(from.bytes)), bytes, "between");
        Set<Value> reads = new LinkedHashSet<>(step.reads());
        reads.removeIf(value -> program.constant(value) != null);
        for (Value value : reads) {
            Layout layout = Layout.CHANNELS_LAST.fits(value.shape()) ? Layout.CHANNELS_LAST : Layout.PLAIN;
            Desc given = Desc.dense(program.resources(), DataType.F32, value.shape(), layout);
            Buffer written = program.write(value, layout);
            program.reorder(
                    Instruction.Place.of(program.constants().hold(numbers(value.type()))),
                    given,
                    Instruction.Place.of(written),
                    program.dense(value.shape(), layout),
                    value.name());
        }
        return program.instructions().size();
    }

    /** Neither zeros, which memory need not hold, nor denormal numbers, which are slow. */
    static Tensor numbers(TensorType type) {
        Tensor tensor = Tensor.zeros(type);
        for (int i = 0; i < type.shape().elements(); i++) {
            tensor.floats().put(i, (i % 7 - 3.5f) / 4);
        }
        return tensor;
    }

    /** Runs once; returns the microseconds that the step took. */
    double micros() {
        long[] nanoseconds = context.profile(List.of(), List.of());
        long sum = 0;
        for (int i = firstTimed; i < nanoseconds.length; i++) {
            sum += nanoseconds[i];
        }
        return sum / (double) TimeUnit.MICROSECONDS.toNanos(1);
    }

    @Override
    public void close() {
        context.close();
        executable.close();
    }

    /** Numbers of so many bytes. */
    static Tensor between(long bytes) {
        return numbers(new TensorType(DataType.F32, Shape.of(Math.toIntExact(bytes / Float.BYTES))));
    }
}
