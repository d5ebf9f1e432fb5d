package io.conv4j.backend.onednn;

import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepKernels;
import io.conv4j.backend.Support;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.nativelib.LoadReport;

/**
 * The back end on oneDNN. The native libraries are unpacked and loaded at the first call of {@link #availability} or
 * {@link #prepare}. Primitives are created in the thread that calls {@code prepare}, for the thread count of the options.
 */
public final class OnednnBackend implements Backend {
    private final StepKernels javaKernels;

    /**
     * Creates the back end; loads nothing yet.
     *
     * @param javaKernels what runs steps that have no primitive
     */
    public OnednnBackend(StepKernels javaKernels) {
        this.javaKernels = javaKernels;
    }

    /** Loaded once per JVM. */
    private static final class Library {
        static final LoadReport REPORT = LoadReport.of(
                "oneDNN",
                "the linux-x86_64 jars of javacpp, dnnl and opencl on the class path, and conv4j's own library (built by"
                        + " mvn package)",
                Dnnl::describe);
    }

    @Override
    public String name() {
        return "onednn";
    }

    @Override
    public Availability availability() {
        return new Availability(Library.REPORT.loaded(), Library.REPORT.detail());
    }

    @Override
    public Support supports(Step step) {
        String reason = Lowering.reasonAgainst(step);
        return reason.isEmpty() ? Support.YES : Support.no(reason);
    }

    @Override
    public boolean supports(Precision precision) {
        return true;
    }

    @Override
    public Precision effective(Precision asked) {
        return onThisCpu(asked);
    }

    @Override
    public OptimizationLevel optimizationLevel() {
        return OptimizationLevel.ALL;
    }

    @Override
    public Executable prepare(Plan plan, ExecutionOptions options) {
        Library.REPORT.require();
        return OnednnExecutable.prepare(plan, onThisCpu(options).forPlan(plan), javaKernels);
    }

    /** Without AVX-512 oneDNN lacks primitives in bf16, for activations among others, so that everything is computed in f32. */
    private static Precision onThisCpu(Precision asked) {
        return asked == Precision.F32 || Dnnl.hasBf16() ? asked : Precision.F32;
    }

    /** Options with the precision in which it computes. */
    static ExecutionOptions onThisCpu(ExecutionOptions options) {
        return options.precision(onThisCpu(options.precision()));
    }
}
