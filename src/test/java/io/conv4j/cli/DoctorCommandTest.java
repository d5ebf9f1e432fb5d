package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.conv4j.runtime.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What doctor says, and its verdict. */
class DoctorCommandTest {
    private final Path folder;

    DoctorCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void showsTheMachineAndEveryBackend() {
        Ran ran = Ran.conv4j("doctor");
        assertThat(ran.exitCode())
                .isEqualTo(DoctorCommand.nativeWorks(Backends.all()) ? ExitCode.DONE : ExitCode.CHECK_FAILED);
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).contains("cpu", "instructionSets", "java", "defaultThreads", "heapLimitMiB");
        Backends.all().forEach(backend -> assertThat(ran.out())
                .contains("back end " + backend.name(), backend.availability().detail()));
    }

    @Test
    void writesJsonToStdoutAndTheTextToStderr() throws IOException {
        Ran ran = Ran.conv4j("doctor", "--json", "-");
        assertThat(fields(ran.out()))
                .contains("version", "machine", "backends", "libraries", "cpu", "instructionSets", "processors");
        assertThat(ran.err()).contains("instructionSets");
    }

    @Test
    void writesJsonToAFileOrSaysWhyNot() throws IOException {
        Path file = folder.resolve("doctor.json");
        assertThat(Ran.conv4j("doctor", "--json", file.toString()).out()).contains("instructionSets");
        assertThat(fields(Files.readString(file))).contains("machine");

        Ran unwritable =
                Ran.conv4j("doctor", "--json", folder.resolve("no/such.json").toString());
        assertThat(unwritable.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(unwritable.err()).contains("cannot write").hasLineCount(1);
        assertThat(Ran.conv4j("doctor", "--json", folder.toString()).err()).contains("it is a folder");
        assertThat(folder.toFile().list()).containsExactly("doctor.json");
    }

    @Test
    void withoutANativeBackendTheVerdictIsNo() {
        assertThat(DoctorCommand.nativeWorks(List.of())).isFalse();
    }

    @Test
    void readsCpuinfo() {
        List<String> lines = List.of("model name\t: Some CPU @ 2 GHz", "flags\t\t: fpu avx avx2 avx512f fma amx_tile");
        assertThat(Machine.field(lines, "model name")).isEqualTo("Some CPU @ 2 GHz");
        assertThat(Machine.field(lines, "absent")).isEqualTo("unknown");
        assertThat(Machine.instructionSets(Machine.field(lines, "flags")))
                .containsExactly("avx", "avx2", "avx512f", "fma", "amx_tile");
    }

    private static Set<String> fields(String json) throws IOException {
        Set<String> names = new TreeSet<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.currentName() != null) {
                    names.add(parser.currentName());
                }
            }
        }
        return names;
    }
}
