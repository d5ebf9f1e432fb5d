package io.conv4j.runtime;

import io.conv4j.backend.Arena;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * What really runs: the back end in force and the implementation of every step of one plan.
 *
 * @param name the model's name
 * @param setting what holds for the whole session
 * @param inputs the types the plan was compiled for
 * @param nativeCrossings how often one run crosses from Java to native code
 * @param arena the memory between steps that each context has
 * @param steps what runs each step, in order
 */
public record SessionDescription(
        String name,
        Setting setting,
        List<TensorType> inputs,
        int nativeCrossings,
        Arena arena,
        List<StepReport> steps) {
    private static final String JAVA = "java";

    /** Copies the lists. */
    public SessionDescription {
        inputs = List.copyOf(inputs);
        steps = List.copyOf(steps);
    }

    /**
     * What holds for all plans of a session.
     *
     * @param backend the back end's name
     * @param detail its version and the CPU instructions in use
     * @param precision in which it computes
     * @param options the options in force
     * @param optimizationLevel how far graphs are transformed
     */
    public record Setting(
            String backend,
            String detail,
            String precision,
            SessionOptions options,
            OptimizationLevel optimizationLevel) {}

    /** Threads one run may use. */
    public int intraOpThreads() {
        return setting.options().intraOpThreads();
    }

    /** What the session is tuned for. */
    public Mode mode() {
        return setting.options().mode();
    }

    /** Steps that a native library runs. */
    public int nativeSteps() {
        return steps.size() - javaSteps();
    }

    /** Steps that Java kernels run. */
    public int javaSteps() {
        return (int) steps.stream()
                .filter(step -> step.implementation().startsWith(JAVA))
                .count();
    }

    /** Steps on a reference implementation, or on a Java kernel amid native steps. */
    public List<StepReport> slowSteps() {
        return steps.stream().filter(StepReport::slow).toList();
    }

    /** A table for people; slow steps are marked. */
    @Override
    public String toString() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("", "step", "layer", "dst", "implementation", "algorithm", ""));
        for (int i = 0; i < steps.size(); i++) {
            StepReport step = steps.get(i);
            rows.add(List.of(
                    Integer.toString(i),
                    step.name(),
                    step.layer(),
                    step.shape(),
                    step.implementation(),
                    step.algorithm() + (step.slow() ? "  << slow" : ""),
                    step.measured()));
        }
        return heading() + TextTable.of(rows) + summary();
    }

    private String heading() {
        return name + " for " + inputs + "\nback end " + setting.backend() + " (" + setting.detail() + "), "
                + mode().word() + ", "
                + setting.precision() + ", intraOpThreads " + intraOpThreads()
                + ", contexts "
                + setting.options().contexts() + ", optimizationLevel "
                + setting.optimizationLevel().name().toLowerCase(java.util.Locale.ROOT) + ", tuning "
                + setting.options().execution().algorithms().tuning().word() + "\n";
    }

    private static long kib(long bytes) {
        return (bytes + 1023) / 1024;
    }

    private String summary() {
        return steps.size() + " steps: " + nativeSteps() + " native, " + javaSteps() + " in Java, "
                + slowSteps().size() + " slow; native crossings per run: " + nativeCrossings + "; arena "
                + kib(arena.bytes()) + " KiB, at least " + kib(arena.lowerBound()) + " are needed\n";
    }
}
