package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The way into the command line. */
public final class Main {
    /** Warnings of the library in one line, as all else on stderr. */
    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    private Main() {}

    /** Runs a command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, "conv4j: %5$s%n");
        }
        // Pictures are drawn, nothing is shown; where no display is, AWT would fail otherwise.
        System.setProperty("java.awt.headless", "true");
        System.exit(run(args, System.out, System.err));
    }

    /**
     * Runs a command in this JVM.
     *
     * @param out takes the results
     * @param err takes everything else
     * @return 0 done, 1 a check failed, 2 wrong usage, 3 bad input or model
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        CommandLine line = new CommandLine(new RootCommand());
        ServiceLoader.load(ExtraCommand.class).forEach(line::addSubcommand);
        line.registerConverter(Shape.class, new ShapeConverter())
                .setOut(new PrintWriter(out, true, Charset.defaultCharset()))
                .setErr(new PrintWriter(err, true, Charset.defaultCharset()))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, words) -> wrongUsage(e))
                .setExecutionExceptionHandler((e, command, parsed) -> report(e, command));
        try {
            return line.execute(args);
        } catch (OutOfMemoryError e) {
            err.println("conv4j: out of memory: " + e.getMessage()
                    + ": give more, as with JDK_JAVA_OPTIONS=-Xmx8g, or make the input smaller");
            return ExitCode.BAD_INPUT;
        } finally {
            line.getOut().flush();
            line.getErr().flush();
        }
    }

    private static int wrongUsage(ParameterException e) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println(name + ": " + oneLine("" + e.getMessage()) + " (see " + name + " --help)");
        return ExitCode.WRONG_USAGE;
    }

    private static int report(Exception failure, CommandLine command) {
        if (failure instanceof ParameterException usage) {
            return wrongUsage(usage);
        }
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + oneLine(describe(failure)));
        if (RootCommand.debug(command)) {
            failure.printStackTrace(command.getErr());
        }
        return failure instanceof CheckFailed ? ExitCode.CHECK_FAILED : ExitCode.BAD_INPUT;
    }

    static String describe(Exception failure) {
        if (failure instanceof UncheckedIOException unchecked && unchecked.getCause() != null) {
            return describe(unchecked.getCause());
        }
        if (failure instanceof FileSystemException file) {
            return describe(file);
        }
        return failure instanceof IOException || failure instanceof Conv4jException
                ? "" + failure.getMessage()
                : "unforeseen " + failure + " (--debug before the command shows where)";
    }

    private static String describe(FileSystemException failure) {
        String why = "" + failure.getReason();
        if (failure instanceof NoSuchFileException) {
            why = "there is no such file or folder";
        } else if (failure instanceof AccessDeniedException) {
            why = "access is denied";
        } else if (failure instanceof FileAlreadyExistsException || failure instanceof NotDirectoryException) {
            why = "it is no folder";
        }
        return failure.getFile() + ": " + why;
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
