package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Backend;
import io.conv4j.backend.Precision;
import io.conv4j.backend.Tuning;
import io.conv4j.runtime.Backends;
import io.conv4j.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of how a network is run. */
final class SessionFlags {
    private static final String NONE = "none";

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = Backends.AUTO,
            completionCandidates = Names.class,
            description = "What runs the network: ${COMPLETION-CANDIDATES}. One chosen by name fails, with the reason,"
                    + " where it cannot run. Default: ${DEFAULT-VALUE}, the first that can.")
    private String backend = Backends.AUTO;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads a run may use. Default: OMP_NUM_THREADS, else all processors.")
    private @Nullable Integer threads;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "f32",
            description =
                    "The type that is computed in: f32, or bf16, which is faster where the CPU has units for it and"
                            + " keeps 8 bits of each number. Back ends that have only f32 refuse. Default: ${DEFAULT-VALUE}.")
    private Precision precision = Precision.F32;

    @Option(
            names = "--kept-f32",
            paramLabel = "NODE",
            split = ",",
            description =
                    "With --precision bf16: nodes that are computed in f32 all the same, or none for all in bf16. Default:"
                            + " those whose rounding errors an output would show enlarged.")
    private @Nullable List<String> keptF32;

    @Option(
            names = "--tuning",
            paramLabel = "HOW",
            defaultValue = "rule",
            description =
                    "How algorithms are chosen: by rule, or measure, which tries them on this machine first; --steps"
                            + " of run shows what was measured. Default: ${DEFAULT-VALUE}.")
    private Tuning tuning = Tuning.RULE;

    @Option(
            names = "--tuning-file",
            paramLabel = "FILE",
            description =
                    "Text file of what was measured before. Its choices are followed; with --tuning measure what is"
                            + " missing is measured and added.")
    private @Nullable Path tuningFile;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** The options as a session takes them; wrong ones are errors of usage. */
    SessionOptions options() {
        if (!backend.equals(Backends.AUTO)
                && Backends.all().stream().map(Backend::name).noneMatch(backend::equals)) {
            throw wrong("there is no back end '" + backend + "': choose one of " + String.join(", ", new Names()));
        }
        try {
            SessionOptions options = SessionOptions.defaults()
                    .backend(backend)
                    .precision(precision)
                    .tuning(tuning);
            options = keptF32 == null ? options : options.keptF32(nodes(keptF32));
            options = tuningFile == null ? options : options.tuningFile(tuningFile);
            return threads == null ? options : options.intraOpThreads(threads);
        } catch (Conv4jException e) {
            throw wrong("--threads: " + e.getMessage());
        }
    }

    private Set<String> nodes(List<String> names) {
        if (precision == Precision.F32) {
            throw wrong("--kept-f32: everything is f32; it goes with --precision bf16");
        }
        return names.equals(List.of(NONE)) ? Set.of() : Set.copyOf(names);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(java.util.Objects.requireNonNull(command).commandLine(), message);
    }

    /** The names to choose from. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Stream.of(Backends.AUTO), Backends.all().stream().map(Backend::name))
                    .iterator();
        }
    }
}
