package io.conv4j.cli;

import io.conv4j.runtime.Backends;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.validate.OnnxTests;
import io.conv4j.validate.OnnxTests.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Runs tests in ONNX's own layout. */
@Command(
        name = "test",
        description =
                "Runs all tests in folders and below: a test is a model.onnx with test_data_set_0 beside it, which"
                        + " holds inputs and expected outputs as .pb files. Shows those that failed or were skipped, and why.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Ends with 1 if a test failed, with 3 if a folder holds none.",
            "Example: conv4j test onnx/backend/test/data/node --backend java"
        })
final class TestCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "DIR", description = "Folders to look in.")
    private List<Path> folders = new ArrayList<>();

    @Mixin
    private SessionFlags flags = new SessionFlags();

    @Mixin
    private Console console = new Console();

    @Override
    public Integer call() throws IOException {
        SessionOptions options = flags.options();
        // One that cannot run is told once, not as the failure of every test.
        String backend = Backends.choose(options.backend()).name();
        Map<Outcome, Integer> counts = new LinkedHashMap<>();
        List<Map<String, Object>> tests = new ArrayList<>();
        for (Path folder : OnnxTests.find(folders)) {
            OnnxTests.Result result = OnnxTests.run(folder, options);
            counts.merge(result.outcome(), 1, Integer::sum);
            tests.add(fields(result));
            if (result.outcome() != Outcome.PASSED) {
                console.text().println(result);
                console.text().flush();
            }
        }
        int passed = counts.getOrDefault(Outcome.PASSED, 0);
        int failed = counts.getOrDefault(Outcome.FAILED, 0);
        int skipped = counts.getOrDefault(Outcome.SKIPPED, 0);
        console.text().println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
        console.text().flush();

        Map<String, Object> results = new LinkedHashMap<>();
        results.put("backend", backend);
        results.put("passed", passed);
        results.put("failed", failed);
        results.put("skipped", skipped);
        results.put("tests", tests);
        console.json(results);
        return failed == 0 ? ExitCode.DONE : ExitCode.CHECK_FAILED;
    }

    private static Map<String, Object> fields(OnnxTests.Result result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("folder", result.folder());
        fields.put("outcome", result.outcome());
        fields.put("reason", result.reason());
        return fields;
    }
}
