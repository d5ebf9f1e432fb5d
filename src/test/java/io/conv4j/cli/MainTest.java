package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands around all commands: help, version, wrong usage. */
class MainTest {
    @Test
    void saysItsVersion() {
        assertThat(Ran.conv4j("--version").done().out()).matches("conv4j \\d+\\.\\d+\\.\\d+.*\\R");
    }

    @Test
    void helpNamesTheCommandsAndExitCodes() {
        String help = Ran.conv4j("--help").done().out();
        assertThat(help).contains("doctor", "Exit codes: 0 done");
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "run", "test", "doctor"})
    void everyCommandHelpsWithAnExample(String command) {
        assertThat(Ran.conv4j(command, "--help").done().out()).contains("Usage: conv4j " + command, "Example:");
    }

    @Test
    void wrongUsageIsToldInOneLine() {
        Ran.conv4j().refused(ExitCode.WRONG_USAGE, "a command is missing", "doctor");
        Ran.conv4j("frobnicate").refused(ExitCode.WRONG_USAGE, "frobnicate");
        Ran.conv4j("doctor", "--frobnicate").refused(ExitCode.WRONG_USAGE, "--frobnicate", "conv4j doctor --help");
        Ran.conv4j("doctor", "--json").refused(ExitCode.WRONG_USAGE, "--json");
    }
}
