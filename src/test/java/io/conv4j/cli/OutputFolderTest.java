package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Npy;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results as files: names, and nothing half-written. */
class OutputFolderTest {
    private final Path folder;

    OutputFolderTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void namesAreMadeSafeAndUnique() {
        OutputFolder output = OutputFolder.at(folder);
        assertThat(output.safe("sigmoid_0.tmp_0")).isEqualTo("sigmoid_0.tmp_0");
        assertThat(output.safe("../../etc/passwd")).isEqualTo("__.._etc_passwd");
        assertThat(output.safe("a b:0")).isEqualTo("a_b_0");
        assertThat(output.safe("A/b:0")).isEqualTo("A_b_0_2");
        assertThat(output.safe("")).isEqualTo("output");
        assertThat(output.safe("x".repeat(5000))).hasSize(120);
    }

    @Test
    void makesTheFolderWithTheFirstFileOnly() throws IOException {
        Path deep = folder.resolve("a/b");
        OutputFolder output = OutputFolder.at(deep);
        assertThat(folder.resolve("a")).doesNotExist();
        Tensor tensor = Tensor.of(Shape.of(2), 1f, 2f);
        Path file = output.write("scores", tensor);
        assertThat(file).isEqualTo(deep.resolve("scores.npy"));
        assertThat(Npy.read(file).toFloats()).containsExactly(1f, 2f);
        assertThat(deep.toFile().list()).containsExactly("scores.npy");
    }

    @Test
    void refusesWhatIsNoFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "text");
        assertThatThrownBy(() -> OutputFolder.at(file)).hasMessageContaining("is no folder");
        assertThatThrownBy(() -> OutputFolder.at(file.resolve("below"))).hasMessageContaining("is no folder");
    }

    @Test
    void aWriteThatFailsLeavesWhatWasThere() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "before");
        assertThatThrownBy(() -> WholeFile.write(file, stream -> {
                    stream.write(1);
                    throw new IOException("disk full");
                }))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("cannot write " + file + ": disk full");
        assertThat(file).hasContent("before");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }
}
