package io.conv4j.golden;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of networks, goldens and pictures that tests compare with. It is not part of the project; the system property
 * {@code conv4j.testdata} names it. Where it is absent, tests that need it are skipped with one line.
 */
public final class TestData {
    private TestData() {}

    /**
     * A file or folder in the test data; aborts the test, not failing it, if there is no test data at all.
     *
     * @param what what is not run without it, for the message
     * @param relative path within the test data, {@code golden}
     * @throws IllegalStateException if there is test data but this part of it is missing
     */
    public static Path require(String what, String relative) {
        Path root = Path.of(System.getProperty("conv4j.testdata", "../shared/testdata"));
        Assumptions.assumeTrue(
                Files.isDirectory(root),
                () -> "not run: " + what + "; no test data at "
                        + root.toAbsolutePath().normalize()
                        + ": get it as CONTRIBUTING.md says and name its folder with -Dconv4j.testdata=FOLDER");
        Path part = root.resolve(relative);
        if (!Files.exists(part)) {
            throw new IllegalStateException("test data at " + root + " is incomplete: it has no " + relative);
        }
        return part;
    }
}
