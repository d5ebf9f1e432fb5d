package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Parity;
import io.conv4j.backend.RealShape;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Compiler;
import io.conv4j.graph.Graph;
import io.conv4j.runtime.TextTable;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The convolutions of real networks on oneDNN: none runs on a slow implementation unless it is listed here with the reason,
 * and all give what plain Java gives. Those with more than 50 million products an image are examined in the profile {@code
 * long} only. What ran them is written to {@code target/shapes/implementations.txt}.
 */
class RealShapesTest {
    private static final long SHORT = 50_000_000;
    private static final boolean LONG = Boolean.getBoolean("conv4j.long");
    private static final ExecutionOptions TWO_THREADS = new ExecutionOptions(2);
    private static final Path TABLE = Path.of("target/shapes/implementations.txt");

    /** Shapes that nothing better is known for, and why. */
    private static final Map<String, String> SLOW = Dnnl.hasAvx512() ? Map.of() : slowWithAvx2();

    private static final OnednnBackend ONEDNN = new OnednnBackend(JavaKernels::run);

    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();

    private static Map<String, String> slowWithAvx2() {
        String oneRow = "a depthwise convolution of 5 elements of a row: oneDNN's direct ones for it take AVX-512";
        return Map.of("b3794bca34", oneRow, "36bd2a31ce", oneRow);
    }

    @Test
    void noneIsSlowByAccidentAndAllGiveWhatJavaGives() throws IOException {
        int examined = 0;
        for (RealShape shape : RealShape.all()) {
            if (LONG || shape.productsPerImage() <= SHORT) {
                examined++;
                examine(shape);
            }
        }
        write();
        assertThat(failures).isEmpty();
        assertThat(examined).isEqualTo(LONG ? 1148 : 672);
    }

    private void examine(RealShape shape) {
        List<StepReport> steps = steps(shape.whole());
        for (StepReport step : steps) {
            counts.merge(step.layer() + "\t" + step.implementation() + "\t" + step.algorithm(), 1, Integer::sum);
        }
        if (steps.stream().anyMatch(StepReport::slow) != SLOW.containsKey(shape.id())) {
            failures.add("slow or no longer slow: " + shape + " by " + steps);
        }
        try {
            compare(shape.within(SHORT), shape.toString());
        } catch (AssertionError e) {
            failures.add(e.getMessage());
        }
    }

    private static List<StepReport> steps(ConvolutionCase each) {
        Graph graph = ConvolutionGrid.graph(each, new Tensor[] {
            Tensor.zeros(TensorType.f32(1)),
            Tensor.zeros(new TensorType(DataType.F32, each.weightsShape())),
            Tensor.zeros(TensorType.f32(each.outputs()))
        });
        try (Executable executable = ONEDNN.prepare(Compiler.compile(graph, ONEDNN.optimizationLevel()), TWO_THREADS)) {
            return executable.steps();
        }
    }

    private void write() throws IOException {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("shapes", "layer", "implementation", "algorithm"));
        counts.forEach((key, count) -> {
            String[] parts = key.split("\t", -1);
            rows.add(List.of(count.toString(), parts[0], parts[1], parts[2]));
        });
        Files.createDirectories(TABLE.getParent());
        Files.writeString(TABLE, TextTable.of(rows));
    }

    /** Whole numbers, so that sums are exact in f32 however they are ordered; Winograd's are not and have their tolerance. */
    private static void compare(ConvolutionCase each, String what) {
        Random random = new Random(what.hashCode());
        Tensor[] sources = each.integers(random, 4);
        double factor = steps(each).stream()
                .mapToInt(step -> factor(step.algorithm()))
                .max()
                .orElse(0);
        double tolerance = factor / 4 * ConvolutionGrid.tolerance(each, sources);
        new Parity(ONEDNN, TWO_THREADS)
                .require(ConvolutionGrid.graph(each, sources), List.of(sources[0]), tolerance, what);
    }

    private static int factor(String algorithm) {
        // Halves of whole numbers are exact, too.
        if (!algorithm.contains("winograd") || algorithm.startsWith("grouped")) {
            return 0;
        }
        return algorithm.contains("6x6")
                ? Winograd.FACTOR_6
                : algorithm.contains("4x4") ? Winograd.FACTOR_4 : Winograd.FACTOR_2;
    }
}
