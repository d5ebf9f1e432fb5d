package io.conv4j.benchmark;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where reports go.
 *
 * @param out for people, and for JSON if asked for
 * @param json a file for programs; {@code -} for {@code out}, which then gets nothing else; null for none
 */
record BenchOutput(Writer out, @Nullable String json) {
    /** Writes a report in one of its forms. */
    @FunctionalInterface
    interface Form {
        void write(Writer to) throws IOException;
    }

    /** Whether tables are shown. */
    boolean isForPeople() {
        return !"-".equals(json);
    }

    /** Shows a report and writes its other form. */
    void show(String table, Form asJson) throws IOException {
        if (!isForPeople()) {
            asJson.write(out);
            return;
        }
        out.append(table).flush();
        if (json != null) {
            try (Writer file = new OutputStreamWriter(Files.newOutputStream(Path.of(json)), StandardCharsets.UTF_8)) {
                asJson.write(file);
            }
        }
    }
}
