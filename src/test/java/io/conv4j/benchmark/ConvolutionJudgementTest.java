package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A random sample of the grid's convolutions, whole numbers, judged by ONNX Runtime: exact on every back end. */
class ConvolutionJudgementTest {
    private static final int SAMPLE = Integer.getInteger("conv4j.test.cases", 300) / 3;
    /** Seeds beyond those of the grid's other tests. */
    private static final int FIRST_SEED = 1_000_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onnxRuntimeGivesTheSame(boolean transposed) {
        int judged = 0;
        for (int seed = FIRST_SEED; seed < FIRST_SEED + SAMPLE; seed++) {
            ConvolutionCase each = ConvolutionGrid.of(seed, transposed);
            if (canBeJudged(each)) {
                judge(each, seed);
                judged++;
            }
        }
        assertThat(judged).isGreaterThan(SAMPLE / 2);
    }

    /** ONNX Runtime refuses output padding that is not below the stride. */
    private static boolean canBeJudged(ConvolutionCase each) {
        if (!(each.layer() instanceof TransposedConvolution layer)) {
            return true;
        }
        for (int i = 0; i < layer.window().rank(); i++) {
            if (layer.outputPadding().get(i) >= layer.window().axis(i).stride()) {
                return false;
            }
        }
        return true;
    }

    private static void judge(ConvolutionCase each, int seed) {
        Tensor[] sources = each.integers(new Random(seed), 4);
        Graph graph = ConvolutionGrid.graph(each, sources);
        Tensor wanted = OutsideJudge.of(graph, sources[0]).wanted();
        for (String backend : List.of("onednn", "openblas", "java")) {
            SessionOptions options =
                    SessionOptions.throughput().backend(backend).winograd(false);
            try (Session session = Session.open(graph, options)) {
                Difference.between(session.run(sources[0]), wanted)
                        .requireWithin(0, backend + ", seed " + seed + ": " + each);
            }
        }
    }
}
