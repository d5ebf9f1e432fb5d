package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.golden.TestData;
import io.conv4j.tensor.Shape;
import io.conv4j.validate.Tampering;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Two back ends on one model from the command line: the table, the verdict and what programs read. */
class ValidateCommandTest {
    private final Path folder;
    private String model = "";

    ValidateCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void findTheModel() {
        model = TestData.require("the validate command", "models/mnist_8/model.onnx")
                .toString();
    }

    @Test
    void agreementEndsWithZero() {
        Ran ran = Ran.conv4j("validate", model, "--seed", "3").done();
        assertThat(ran.out())
                .contains(
                        " in f32 (",
                        "against java in f32 (",
                        "Plus214_Output_0",
                        "largest of its row at the same place: 1 of 1")
                .endsWith("equal: all 1 outputs" + "\n");
        assertThat(ran.out()).doesNotContain("layers");
    }

    @Test
    void allLayersAreShownAndWrittenForPrograms() throws IOException {
        Path json = folder.resolve("validation.json");
        Ran ran = Ran.conv4j("validate", model, "--all-layers", "--json", json.toString())
                .done();
        assertThat(ran.out()).startsWith("CNTKGraph: ").contains("layers\n", "outputs\n", "Pooling66");
        assertThat(Files.readString(json))
                .contains("\"equal\" : true", "\"verdict\" : \"EQUAL\"", "\"nmse\" : ", "\"sameTop1\" : 1");
    }

    @Test
    void bf16IsExaminedWithItsOwnTolerance() {
        assertThat(Ran.conv4j("validate", model, "--precision", "bf16").done().out())
                .contains("bf16 (", "0.001");
        Ran.conv4j("validate", model, "--precision", "int3").refused(ExitCode.WRONG_USAGE, "--precision", "F32, BF16");
    }

    @Test
    void nodesAreKeptInF32() {
        String first = "first different layer: Convolution28 (";
        String[] strict = {"validate", model, "--precision", "bf16", "--tolerance", "1e-9", "--kept-f32"};
        String none = Ran.conv4j(with(strict, "none")).out();
        // Without AVX-512 all nodes are.
        boolean reduced = none.contains("AVX-512");
        assertThat(none.contains(first)).as(none).isEqualTo(reduced);
        String kept = Ran.conv4j(with(strict, "Convolution28,Plus30")).out();
        assertThat(kept).doesNotContain(first);
        assertThat(kept.contains("first different layer")).as(kept).isEqualTo(reduced);
        Ran.conv4j("validate", model, "--kept-f32", "none").refused(ExitCode.WRONG_USAGE, "--precision bf16");
    }

    private static String[] with(String[] words, String last) {
        String[] all = Arrays.copyOf(words, words.length + 1);
        all[words.length] = last;
        return all;
    }

    @Test
    void differenceEndsWithOne() {
        Ran ran = Ran.conv4j("validate", model, "--precision", "bf16", "--tolerance", "1e-18");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(ran.out()).contains("NOT EQUAL: 1 of 1 outputs; first different layer: Convolution28 (");
    }

    @Test
    void oneAlteredWeightIsTracedToItsLayer() {
        StringWriter out = new StringWriter();
        int exitCode = new CommandLine(new ValidateCommand(graph -> Tampering.oneWeight(graph, "Times212", 24, 0.5)))
                .registerConverter(Shape.class, new ShapeConverter())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out))
                .execute(model);
        assertThat(exitCode).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(out.toString()).contains("first different layer: Times212 (");
    }

    @Test
    void wrongUsesSayWhatToDo() {
        Ran.conv4j("validate", model, "--backend", "java").refused(ExitCode.BAD_INPUT, "proves nothing");
        Ran.conv4j("validate", model, "--backend", "openblas", "--precision", "bf16")
                .refused(ExitCode.BAD_INPUT, "does not compute in bf16");
        Ran.conv4j("validate", model, "--against", "abacus").refused(ExitCode.BAD_INPUT, "abacus");
        Ran.conv4j("validate", model, "--tolerance", "-1").refused(ExitCode.BAD_INPUT, "at least 0");
        Ran.conv4j("validate", folder.resolve("none.onnx").toString()).refused(ExitCode.BAD_INPUT, "there is no file");
    }
}
