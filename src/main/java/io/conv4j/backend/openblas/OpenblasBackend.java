package io.conv4j.backend.openblas;

import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.StepwiseExecutable;
import io.conv4j.backend.Support;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.nativelib.LoadReport;
import org.jspecify.annotations.Nullable;

/**
 * The back end on OpenBLAS: convolutions, transposed convolutions, fully connected layers and matrix products of f32 are
 * its matrix products; everything else, depthwise convolutions too, runs on the Java kernels. The library is unpacked and
 * loaded at the first call of {@link #availability} or {@link #prepare}.
 *
 * <p>Threads: with {@code intraOpThreads} 1 a run stays in its caller's thread. With more, products are cut into tiles that
 * the caller and the threads of the common pool compute, each by a call of its own. OpenBLAS's own threads are not used:
 * their number belongs to the whole process and is set to 1 once, when the library is loaded here; whoever else uses
 * OpenBLAS in this process and raises it afterwards has his way, for calls from here too. Runs of one executable, each in
 * its own context, may go side by side. Results are the same, bit for bit, in every run with the same number of threads.
 *
 * <p>Memory: a context holds one panel of a few MiB besides its values and frees it when it is closed. OpenBLAS keeps, until
 * the process ends, a work area for every call that was ever under way at the same time, at most 64 from here.
 */
public final class OpenblasBackend implements Backend {
    private static final String NAME = "openblas";

    /** Creates the back end; loads nothing yet. */
    public OpenblasBackend() {}

    /** Loaded once per JVM. */
    private static final class Library {
        static final LoadReport REPORT = LoadReport.of(
                "OpenBLAS", "the linux-x86_64 jars of javacpp and openblas on the class path", Openblas::describe);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Availability availability() {
        return new Availability(Library.REPORT.loaded(), Library.REPORT.detail());
    }

    @Override
    public Support supports(Step step) {
        String reason = Multiplications.reasonAgainst(step);
        return reason.isEmpty() ? Support.YES : Support.no(reason);
    }

    @Override
    public OptimizationLevel optimizationLevel() {
        return OptimizationLevel.ALL;
    }

    @Override
    public Executable prepare(Plan plan, ExecutionOptions options) {
        Library.REPORT.require();
        int threads = options.intraOpThreads();
        Multiplications multiplications = new Multiplications(plan, threads);
        return new StepwiseExecutable(
                plan,
                () -> new OpenblasKernels(multiplications, threads),
                step -> report(step, multiplications.of(step)),
                multiplications.calls());
    }

    private static StepReport report(Step step, @Nullable Multiplication multiplication) {
        String shape = step.destination().shape().toString();
        return multiplication == null
                ? new StepReport(step.name(), step.word(), shape, "java", "direct", true)
                : new StepReport(step.name(), step.word(), shape, NAME, multiplication.algorithm(), false);
    }
}
