package io.conv4j.cli;

import io.conv4j.runtime.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the machine and the JVM are, as far as it matters for speed and for loading. */
final class Machine {
    private static final Path CPU = Path.of("/proc/cpuinfo");
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final List<String> SETS = List.of("sse4_1", "avx", "avx2", "fma", "avx_vnni", "avx512*", "amx*");
    private static final long MIB = 1 << 20;

    private Machine() {}

    /** Facts by name, in the order to be shown. */
    static Map<String, Object> facts() throws IOException {
        Map<String, Object> facts = new LinkedHashMap<>();
        List<String> cpu = Files.isReadable(CPU) ? Files.readAllLines(CPU) : List.of();
        facts.put("cpu", field(cpu, "model name"));
        facts.put("instructionSets", instructionSets(field(cpu, "flags")));
        facts.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        facts.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        Runtime runtime = Runtime.getRuntime();
        facts.put("processors", runtime.availableProcessors());
        String omp = System.getenv("OMP_NUM_THREADS");
        facts.put("ompNumThreads", omp == null ? "not set" : omp);
        facts.put("defaultThreads", SessionOptions.defaults().intraOpThreads());
        facts.put("heapLimitMiB", runtime.maxMemory() / MIB);
        facts.put("tensorMemory", "as the heap, unless -XX:MaxDirectMemorySize says otherwise");
        facts.put("libraryFolder", libraryFolder());
        return facts;
    }

    private static String libraryFolder() {
        String folder = System.getProperty("org.bytedeco.javacpp.cachedir");
        return folder != null
                ? folder
                : Path.of(System.getProperty("user.home"), ".javacpp", "cache").toString();
    }

    /** The first value of a field of /proc/cpuinfo. */
    static String field(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.matches(name + "\\s*:.*"))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse("unknown");
    }

    /** The sets among the flags that matter here; a star in {@link #SETS} stands for any end. */
    static List<String> instructionSets(String flags) {
        return Arrays.stream(flags.split(" ", -1))
                .filter(flag -> SETS.stream()
                        .anyMatch(set -> set.endsWith("*")
                                ? flag.startsWith(set.substring(0, set.length() - 1))
                                : flag.equals(set)))
                .distinct()
                .toList();
    }

    /** Native libraries of ours that are loaded now, with their folders. */
    static Set<String> loadedLibraries() throws IOException {
        if (!Files.isReadable(MAPS)) {
            return Set.of();
        }
        try (Stream<String> lines = Files.lines(MAPS)) {
            return new TreeSet<>(lines.filter(line -> line.matches(".*/lib(jni|dnnl|openblas|gomp)[^/]*\\.so[^/]*"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .toList());
        }
    }
}
