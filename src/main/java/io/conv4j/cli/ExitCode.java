package io.conv4j.cli;

/** What a command says to the shell. */
final class ExitCode {
    static final int DONE = 0;
    static final int CHECK_FAILED = 1;
    static final int WRONG_USAGE = 2;
    static final int BAD_INPUT = 3;

    private ExitCode() {}
}
