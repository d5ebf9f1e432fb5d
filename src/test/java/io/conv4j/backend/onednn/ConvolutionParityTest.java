package io.conv4j.backend.onednn;

import io.conv4j.backend.Backend;
import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.Parity;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Convolutions on oneDNN against those in plain Java. */
public class ConvolutionParityTest {
    /** The one that is judged; other back ends' tests name theirs. */
    protected Backend backend() {
        return new OnednnBackend(JavaKernels::run);
    }

    private static final int CASES = Integer.getInteger("conv4j.test.cases", 300);

    @Test
    void convolutionsOfWholeNumbersAreExact() {
        all(CASES, false, true);
    }

    @Test
    void convolutionsOfRealsAreWithinTheirTolerance() {
        all(CASES / 3, false, false);
    }

    @Test
    void transposedConvolutionsOfWholeNumbersAreExact() {
        all(CASES, true, true);
    }

    @Test
    void transposedConvolutionsOfRealsAreWithinTheirTolerance() {
        all(CASES / 3, true, false);
    }

    @Test
    void aStrideAlongAnOutputOneElementWideIsExact() {
        // oneDNN 3.11 computes these wrongly if asked directly.
        for (int width = 2; width <= 4; width++) {
            Window window = new Window(List.of(new Axis(3, 1, 1, 1, 1), new Axis(2, 3, 1, 0, 0)));
            ConvolutionCase each = new ConvolutionCase(new Convolution(window), Shape.of(1, 1, 7, width), 3, false);
            Tensor[] sources = each.integers(new Random(width), 4);

            new Parity(backend(), 1)
                    .require(ConvolutionGrid.graph(each, sources), List.of(sources[0]), 0, each.toString());
        }
    }

    private void all(int cases, boolean transposed, boolean whole) {
        List<String> failures = new ArrayList<>();
        for (int seed = 0; seed < cases; seed++) {
            ConvolutionCase each = ConvolutionGrid.of(seed, transposed);
            Random random = new Random(seed);
            Tensor[] integers = each.integers(random, 4);
            Tensor[] sources = whole ? integers : ConvolutionGrid.reals(random, integers);
            double tolerance = whole ? 0 : ConvolutionGrid.tolerance(each, sources);
            Parity parity = new Parity(backend(), 1 + seed % 2);
            try {
                parity.require(
                        ConvolutionGrid.graph(each, sources),
                        List.of(sources[0]),
                        tolerance,
                        "seed " + seed + ": " + each);
            } catch (AssertionError e) {
                failures.add(e.getMessage());
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " of " + cases + " cases:\n" + String.join("\n", failures));
        }
    }
}
