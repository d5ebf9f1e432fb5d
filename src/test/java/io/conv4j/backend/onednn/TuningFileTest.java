package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TuningFileTest {
    private static final String HERE = "this machine, 2 threads";

    @TempDir
    private Path folder = Path.of("");

    private Path path() {
        return folder.resolve("net.tuning");
    }

    private TuningFile file() {
        return new TuningFile(path(), HERE);
    }

    private Path write(String text) {
        try {
            return Files.writeString(path(), text, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Measurement measurement(String choice, double direct, double winograd) {
        Map<String, Double> micros = new LinkedHashMap<>();
        micros.put("direct", direct);
        micros.put("flipped convolution, winograd F(2x2)", winograd);
        return new Measurement(choice, micros);
    }

    @Test
    void isEmptyWhereThereIsNone() {
        assertThat(file().read()).isEmpty();
        assertThat(path()).doesNotExist();
    }

    @Test
    void givesBackWhatWasAdded() {
        Measurement first = measurement("direct", 12.5, 13);
        Measurement second = new Measurement("matmul", Map.of());
        file().add(Map.of("Convolution 1x2", first));
        file().add(Map.of("Convolution 3x4", second));

        assertThat(file().read())
                .containsExactly(Map.entry("Convolution 1x2", first), Map.entry("Convolution 3x4", second));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("nothing is left over").hasSize(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void keepsTheEntriesOfOtherMachinesAndReplacesItsOwn() {
        TuningFile other = new TuningFile(path(), "another machine");
        other.add(Map.of("a", measurement("direct", 1, 2)));
        file().add(Map.of("a", measurement("direct", 3, 4)));
        file().add(Map.of("a", measurement("matmul", 5, 6)));

        assertThat(other.read()).containsExactly(Map.entry("a", measurement("direct", 1, 2)));
        assertThat(file().read()).containsExactly(Map.entry("a", measurement("matmul", 5, 6)));
    }

    @Test
    void isReadAsPeopleWriteIt() {
        write("\n# mine\nconv4j tuning 1\r\n\n[" + HERE + "]\n# the first layer\n  a, b = winograd F(4x4)\n"
                + "[another]\na, b = direct : direct 1; winograd F(2x2) 2.25\n");

        assertThat(file().read()).containsExactly(Map.entry("a, b", new Measurement("winograd F(4x4)", Map.of())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conv4j tuning 2 | 1 | first line",
                "PK\u0003\u0004x | 1 | readable",
                "conv4j tuning 1\\na = direct | 2 | brackets",
                "conv4j tuning 1\\n[m]\\nnonsense | 3 | STEP = ALGORITHM",
                "conv4j tuning 1\\n[m]\\na = b = c | 3 | STEP = ALGORITHM",
                "conv4j tuning 1\\n[m]\\n\\na = direct : direct fast | 4 | microseconds",
                "conv4j tuning 1\\n[m]\\na = direct : direct 1 : direct 1 | 3 | microseconds",
                "conv4j tuning 1\\n[m]\\na = direct : direct NaN | 3 | microseconds",
                "conv4j tuning 1\\n[m]\\na = direct : direct -1 | 3 | microseconds"
            })
    void namesTheDamagedLine(String text, int line, String why) {
        write(text.replace("\\n", "\n"));

        assertThatThrownBy(() -> file().read())
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining(path().toString())
                .hasMessageContaining("line " + line)
                .hasMessageContaining(why);
        assertThatThrownBy(() -> file().add(Map.of("a", measurement("direct", 1, 2))))
                .isInstanceOf(Conv4jException.class);
        assertThat(path()).hasContent(text.replace("\\n", "\n"));
    }

    @Test
    void refusesLongLinesLargeFilesAndFolders() throws IOException {
        write("conv4j tuning 1\n[m]\n" + "a".repeat(3000) + " = direct");
        assertThatThrownBy(() -> file().read()).hasMessageContaining("line 3");

        write("#".repeat(9 << 20));
        assertThatThrownBy(() -> file().read())
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("larger");

        Files.delete(path());
        Files.createDirectory(path());
        assertThatThrownBy(() -> file().read())
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("no file");
    }

    @Test
    void damageAnywhereIsAnExceptionOfOurs() {
        file().add(Map.of("a", measurement("direct", 1, 2), "b", measurement("direct", 3, 4)));
        String good = content();
        Random random = new Random(11);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            StringBuilder text = new StringBuilder(good);
            int at = random.nextInt(good.length());
            switch (random.nextInt(3)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.setLength(at);
                default -> text.insert(at, good, 0, random.nextInt(good.length()));
            }
            write(text.toString());
            try {
                file().read();
            } catch (Conv4jException e) {
                assertThat(e).hasMessageContaining("line ");
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    private String content() {
        try {
            return Files.readString(path());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void saysWhereItCannotBeWritten() {
        TuningFile nowhere = new TuningFile(folder.resolve("missing").resolve("net.tuning"), HERE);

        assertThat(nowhere.read()).isEmpty();
        assertThatThrownBy(() -> nowhere.add(Map.of("a", measurement("direct", 1, 2))))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("cannot write")
                .hasMessageContaining("missing");
    }

    @Test
    void staysBounded() {
        Map<String, Measurement> many = new LinkedHashMap<>();
        for (int i = 0; i < 10_001; i++) {
            many.put("step " + i, new Measurement("direct", Map.of()));
        }
        file().add(many);

        assertThat(file().read()).hasSize(10_000).doesNotContainKey("step 0").containsKey("step 10000");
        assertThat(List.copyOf(file().read().keySet())).startsWith("step 1");
    }
}
