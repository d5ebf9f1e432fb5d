package io.conv4j.backend.purejava;

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

/** The back end that is always there. It runs graphs as they are written, so that what judges shares no transformation. */
public final class JavaBackend implements Backend {
    /** Creates the back end; it holds nothing. */
    public JavaBackend() {}

    @Override
    public String name() {
        return "java";
    }

    @Override
    public Availability availability() {
        return Availability.yes(System.getProperty("java.vm.name") + " " + Runtime.version());
    }

    @Override
    public Support supports(Step step) {
        return Support.YES;
    }

    @Override
    public OptimizationLevel optimizationLevel() {
        return OptimizationLevel.NONE;
    }

    @Override
    public Executable prepare(Plan plan, ExecutionOptions options) {
        return new StepwiseExecutable(plan, options, JavaKernels::run, JavaBackend::report);
    }

    private static StepReport report(Step step) {
        return new StepReport(
                step.name(), step.word(), step.destination().shape().toString(), "java", "direct", false);
    }
}
