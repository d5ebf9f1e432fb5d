package io.conv4j.cli;

import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import io.conv4j.runtime.Backends;
import io.conv4j.runtime.TextTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Says what is here and what is missing. */
@Command(
        name = "doctor",
        description = "Shows the CPU, its instruction sets, threads and memory, and each back end: whether it can run"
                + " here and, if not, why and how to mend it.",
        mixinStandardHelpOptions = true,
        footer = {"", "Ends with 0 if a native back end can run here, else with 1.", "Example: conv4j doctor --json -"})
final class DoctorCommand implements Callable<Integer> {
    private static final String JAVA = "java";

    @Mixin
    private Console console = new Console();

    @Override
    public Integer call() throws IOException {
        List<Backend> backends = Backends.all();
        Map<String, Object> machine = Machine.facts();
        List<Map<String, Object>> examined = examine(backends);
        Set<String> libraries = Machine.loadedLibraries();
        print(machine, examined, libraries);
        Map<String, Object> results = new LinkedHashMap<>();
        results.put("version", RootCommand.Version.read());
        results.put("machine", machine);
        results.put("backends", examined);
        results.put("libraries", libraries);
        console.json(results);
        return nativeWorks(backends) ? ExitCode.DONE : ExitCode.CHECK_FAILED;
    }

    private static List<Map<String, Object>> examine(List<Backend> backends) {
        List<Map<String, Object>> examined = new ArrayList<>();
        for (Backend backend : backends) {
            Availability availability = backend.availability();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", backend.name());
            fields.put("available", availability.available());
            fields.put("detail", availability.detail());
            examined.add(fields);
        }
        return examined;
    }

    /** Whether one of these back ends other than plain Java can run here. */
    static boolean nativeWorks(List<Backend> backends) {
        return backends.stream()
                .anyMatch(backend ->
                        !backend.name().equals(JAVA) && backend.availability().available());
    }

    private void print(Map<String, Object> machine, List<Map<String, Object>> backends, Set<String> libraries)
            throws IOException {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("conv4j", RootCommand.Version.read()));
        machine.forEach((name, value) -> rows.add(List.of(
                name,
                value instanceof List<?> list
                        ? String.join(" ", list.stream().map(String::valueOf).toList())
                        : value.toString())));
        for (Map<String, Object> backend : backends) {
            rows.add(List.of(
                    "back end " + backend.get("name"),
                    (Boolean.TRUE.equals(backend.get("available")) ? "works: " : "DOES NOT WORK: ")
                            + backend.get("detail")));
        }
        libraries.forEach(library -> rows.add(List.of("library", library)));
        console.text().print(TextTable.of(rows));
        console.text().flush();
    }
}
