package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;

/** A command run in this JVM: its exit code and what it printed. */
record Ran(int exitCode, String out, String err) {
    static Ran conv4j(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.run(
                args,
                new PrintStream(out, true, Charset.defaultCharset()),
                new PrintStream(err, true, Charset.defaultCharset()));
        return new Ran(exitCode, out.toString(Charset.defaultCharset()), err.toString(Charset.defaultCharset()));
    }

    /** Fails unless it ended well. */
    Ran done() {
        assertThat(exitCode).as("%s", this).isEqualTo(ExitCode.DONE);
        return this;
    }

    /** Fails unless it ended with this code and told why in one line on stderr, nothing on stdout. */
    void refused(int code, String... words) {
        assertThat(exitCode).as("%s", this).isEqualTo(code);
        assertThat(out).isEmpty();
        assertThat(err.lines()).hasSize(1);
        assertThat(err).startsWith("conv4j").contains(words).doesNotContain("\tat ", "unforeseen");
    }
}
