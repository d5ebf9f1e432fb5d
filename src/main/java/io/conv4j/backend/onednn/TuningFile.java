package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What was measured, as text that people can read and edit:
 *
 * <pre>
 * conv4j tuning 1
 * [oneDNN 3.11.0, AVX-512 with VNNI, kernels 1, …, 2 threads]
 * Convolution 1x64x56x56 to …, f32 = winograd F(4x4) : direct 812.3; winograd F(4x4) 401.2
 * </pre>
 *
 * A line in brackets names the machine of the lines below it; an entry is a step's key, the choice, and the microseconds of
 * each algorithm, which may be left out. Empty lines and those that begin with # are skipped. Entries of other machines are
 * kept. The file is replaced as a whole, under a lock that other processes of conv4j respect too.
 */
final class TuningFile {
    private static final String HEADING = "conv4j tuning 1";
    private static final int MOST_BYTES = 8 << 20;
    private static final int LONGEST_LINE = 2000;

    /** Beyond so many entries those written first go, so that no file grows for ever. */
    private static final int MOST_ENTRIES = 10_000;

    private static final int MOST_ATTEMPTS = 100;
    private static final Pattern TIME = Pattern.compile("([^;=]+) ([0-9]{1,15}(?:\\.[0-9]{1,6})?)");

    private final Path path;
    private final String machine;

    TuningFile(Path path, String machine) {
        this.path = path;
        this.machine = machine;
    }

    /** Which entry: a machine and a step. */
    private record Key(String machine, String step) {}

    /**
     * The entries of this machine by the keys of their steps; none if there is no file.
     *
     * @throws Conv4jException with the line if the file is damaged or no tuning file
     */
    Map<String, Measurement> read() {
        Map<String, Measurement> mine = new LinkedHashMap<>();
        readAll().forEach((key, measurement) -> {
            if (key.machine.equals(machine)) {
                mine.put(key.step, measurement);
            }
        });
        return mine;
    }

    private Map<Key, Measurement> readAll() {
        String text;
        try {
            if (!Files.exists(path)) {
                return new LinkedHashMap<>();
            }
            if (!Files.isRegularFile(path)) {
                throw new Conv4jException("tuning file " + path + " is no file");
            }
            try (InputStream stream = Files.newInputStream(path)) {
                byte[] bytes = stream.readNBytes(MOST_BYTES + 1);
                text = new String(bytes, StandardCharsets.ISO_8859_1);
            }
        } catch (NoSuchFileException e) {
            return new LinkedHashMap<>();
        } catch (IOException e) {
            throw new Conv4jException("cannot read tuning file " + path + ": " + e, e);
        }
        if (text.length() > MOST_BYTES) {
            throw new Conv4jException("tuning file " + path + " is larger than " + MOST_BYTES + " bytes: delete it");
        }
        return parse(text.lines().toList());
    }

    private Map<Key, Measurement> parse(List<String> lines) {
        Map<Key, Measurement> entries = new LinkedHashMap<>();
        boolean begun = false;
        String section = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.length() > LONGEST_LINE || !line.chars().allMatch(c -> c >= ' ' && c <= '~')) {
                throw damaged(i, "it is not readable text of at most " + LONGEST_LINE + " letters");
            }
            if (!begun) {
                if (!line.equals(HEADING)) {
                    throw damaged(i, "the first line should be '" + HEADING + "'");
                }
                begun = true;
            } else if (line.startsWith("[") && line.endsWith("]")) {
                section = line.substring(1, line.length() - 1);
            } else {
                entry(entries, section, line, i);
            }
        }
        return entries;
    }

    private void entry(Map<Key, Measurement> entries, String section, String line, int index) {
        String[] sides = line.split(" = ", -1);
        if (section.isEmpty()) {
            throw damaged(index, "a line in brackets that names the machine should come first");
        }
        if (sides.length != 2 || sides[0].isBlank() || sides[1].isBlank()) {
            throw damaged(index, "it should read 'STEP = ALGORITHM : ALGORITHM MICROSECONDS; …'");
        }
        String[] parts = sides[1].split(" : ", -1);
        Map<String, Double> micros = new LinkedHashMap<>();
        for (String time : parts.length == 1 ? new String[0] : parts[1].split(";", -1)) {
            Matcher matcher = TIME.matcher(time.strip());
            if (!matcher.matches() || parts.length > 2) {
                throw damaged(index, "'" + time.strip() + "' should be an algorithm and its microseconds");
            }
            micros.put(matcher.group(1), Double.parseDouble(matcher.group(2)));
        }
        entries.put(new Key(section, sides[0].strip()), new Measurement(parts[0].strip(), micros));
    }

    private Conv4jException damaged(int line, String why) {
        return new Conv4jException("tuning file " + path + ", line " + (line + 1) + ": " + why
                + "; mend it, or delete the file to have everything measured again");
    }

    /**
     * Adds entries of this machine to what the file holds by then.
     *
     * @throws Conv4jException if it cannot be written or is damaged
     */
    void add(Map<String, Measurement> entries) {
        try {
            for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
                if (addTo(entries)) {
                    return;
                }
            }
            throw new Conv4jException("tuning file " + path + " is replaced by others again and again");
        } catch (IOException e) {
            throw new Conv4jException("cannot write tuning file " + path + ": " + e, e);
        }
    }

    /** Returns false if another process replaced the file before it could be locked. */
    private boolean addTo(Map<String, Measurement> entries) throws IOException {
        if (!Files.exists(path)) {
            FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .close();
        }
        Object before = identity();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            // Else what is locked is no longer the file of this name.
            if (!lock.isValid() || !identity().equals(before)) {
                return false;
            }
            Map<Key, Measurement> all = readAll();
            entries.forEach((step, measurement) -> {
                all.remove(new Key(machine, step));
                all.put(new Key(machine, step), measurement);
            });
            replace(text(all));
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private Object identity() throws IOException {
        Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        return key == null ? path : key;
    }

    private static String text(Map<Key, Measurement> entries) {
        Map<String, StringBuilder> sections = new LinkedHashMap<>();
        entries.entrySet().stream()
                .skip(Math.max(0, entries.size() - MOST_ENTRIES))
                .forEach(entry -> {
                    Measurement measurement = entry.getValue();
                    sections.computeIfAbsent(entry.getKey().machine, machine -> new StringBuilder())
                            .append(entry.getKey().step)
                            .append(" = ")
                            .append(measurement.choice())
                            .append(measurement.micros().isEmpty() ? "" : " : " + measurement.list())
                            .append('\n');
                });
        StringBuilder text = new StringBuilder(HEADING).append('\n');
        sections.forEach((machine, lines) ->
                text.append('\n').append('[').append(machine).append("]\n").append(lines));
        return text.toString();
    }

    private void replace(String text) throws IOException {
        Path part = path.resolveSibling(
                "." + path.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            Files.writeString(part, text, StandardCharsets.ISO_8859_1);
            Files.move(part, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
