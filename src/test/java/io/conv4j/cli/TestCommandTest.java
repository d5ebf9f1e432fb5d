package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.golden.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX's tests from the command line: what is shown, and the verdict. */
class TestCommandTest {
    private static final List<String> FILES =
            List.of("model.onnx", "test_data_set_0/input_0.pb", "test_data_set_0/output_0.pb");

    private final Path folder;

    TestCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void aRightTest() throws IOException {
        Path relu = TestData.require("the test command", "onnx/node/test_relu");
        for (String file : FILES) {
            Path copy = folder.resolve("right").resolve(file);
            Files.createDirectories(copy.resolveSibling(""));
            Files.copy(relu.resolve(file), copy);
        }
    }

    @Test
    void whatPassesIsOnlyCounted() {
        Ran ran = test(folder);
        assertThat(ran.done().out()).isEqualToIgnoringNewLines("1 passed, 0 failed, 0 skipped");
    }

    @Test
    void failuresAndSkipsAreShownWithTheirReasons() throws IOException {
        Path wrong = Files.createDirectories(folder.resolve("wrong/test_data_set_0"));
        Path right = folder.resolve("right");
        Files.copy(right.resolve(FILES.get(0)), wrong.resolveSibling(FILES.get(0)));
        // Relu gives no negative numbers, so that its input is no right output.
        Files.copy(right.resolve(FILES.get(1)), wrong.resolve("input_0.pb"));
        Files.copy(right.resolve(FILES.get(1)), wrong.resolve("output_0.pb"));
        Path bare = Files.createDirectory(folder.resolve("bare"));
        Files.copy(right.resolve(FILES.get(0)), bare.resolve(FILES.get(0)));

        Path json = folder.resolve("tests.json");
        Ran ran = test(folder, "--json", json.toString());
        assertThat(ran.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(ran.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("SKIPPED " + bare + ": there is no test_data_set_0"),
                        line -> assertThat(line).startsWith("FAILED " + wrong.getParent() + ": output 'y'"),
                        line -> assertThat(line).isEqualTo("1 passed, 1 failed, 1 skipped"));
        assertThat(Files.readString(json)).contains("\"failed\" : 1", "\"outcome\" : \"SKIPPED\"");
    }

    @Test
    void withoutTestsThereIsNoVerdict() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        test(empty).refused(ExitCode.BAD_INPUT, "there is no test in " + empty);
        test(folder.resolve("nowhere")).refused(ExitCode.BAD_INPUT, "there is no such file or folder");
        Ran.conv4j("test").refused(ExitCode.WRONG_USAGE, "DIR");
    }

    private static Ran test(Path tests, String... more) {
        String[] words = Stream.concat(Stream.of("test", tests.toString(), "--backend", "java"), Stream.of(more))
                .toArray(String[]::new);
        return Ran.conv4j(words);
    }
}
