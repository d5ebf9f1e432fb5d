package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The readers of what the goldens are stored in. */
class TestDataTest {
    private final Path folder;

    TestDataTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void readsJson() throws IOException {
        Path file = folder.resolve("meta.json");
        Files.writeString(file, "{\"a\": [1, 2.5e-1, \"x\"], \"b\": {\"c\": -7}}");
        Json json = Json.read(file);
        assertThat(json.get("a").list()).hasSize(3);
        assertThat(json.get("a").list().get(1).number()).isEqualTo(0.25);
        assertThat(json.get("a").list().get(2).text()).isEqualTo("x");
        assertThat(json.get("b").get("c").number()).isEqualTo(-7);
        assertThatThrownBy(() -> json.get("z")).hasMessageContaining("no field 'z' among [a, b]");
        assertThatThrownBy(() -> json.get("a").number()).hasMessageContaining("expected Double");
    }
}
