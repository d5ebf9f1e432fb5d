package io.conv4j.cli;

import io.conv4j.Conv4jException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What stands before the command's name. */
@Command(
        name = "conv4j",
        description = "Runs convolutional networks on CPUs through oneDNN, and proves every result in plain Java.",
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            ValidateCommand.class,
            TestCommand.class,
            DoctorCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = RootCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 bad input or model.",
            "Example: conv4j demo",
            "Help on a command: conv4j COMMAND --help"
        })
final class RootCommand implements Callable<Integer> {
    @Option(
            names = {"-v", "--debug"},
            scope = ScopeType.INHERIT,
            description = "Show where in the program an error arose.")
    private boolean debug;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        CommandLine line = java.util.Objects.requireNonNull(spec).commandLine();
        throw new ParameterException(
                line,
                "a command is missing: "
                        + String.join(", ", line.getSubcommands().keySet()));
    }

    /** Whether the user wants to see stack traces. */
    static boolean debug(CommandLine line) {
        Object root = line.getCommandSpec().root().userObject();
        return root instanceof RootCommand command && command.debug;
    }

    /** The version the build wrote down. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            return new String[] {"conv4j " + read()};
        }

        static String read() throws IOException {
            try (InputStream stream = Version.class.getResourceAsStream("build.properties")) {
                if (stream == null) {
                    throw new Conv4jException("this build of conv4j is incomplete: build.properties is missing");
                }
                Properties properties = new Properties();
                properties.load(stream);
                return properties.getProperty("version", "of unknown version");
            }
        }
    }
}
