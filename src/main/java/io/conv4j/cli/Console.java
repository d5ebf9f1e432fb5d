package io.conv4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where a command writes: text for people, and the same as JSON if it is asked for. */
final class Console {
    private static final String STDOUT = "-";

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--json",
            paramLabel = "FILE|-",
            description = "Write the results as JSON too: to a file, or with - to stdout, the text to stderr then.")
    private @Nullable String json;

    /** Takes text for people. */
    PrintWriter text() {
        return STDOUT.equals(json) ? progress() : spec().commandLine().getOut();
    }

    /** Takes what is no result. */
    PrintWriter progress() {
        return spec().commandLine().getErr();
    }

    /** The command, for errors of usage. */
    CommandSpec spec() {
        return Objects.requireNonNull(command);
    }

    /** Writes the results as JSON, if asked to. */
    void json(Map<String, Object> results) throws IOException {
        if (json == null) {
            return;
        }
        String text = JsonText.of(results);
        if (json.equals(STDOUT)) {
            spec().commandLine().getOut().print(text);
            spec().commandLine().getOut().flush();
        } else {
            WholeFile.write(Path.of(json), text);
        }
    }
}
