package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.layer.Window;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelTransposeTest {
    @ParameterizedTest
    @CsvSource({
        "1x8x4x4, 1",
        "2x3x5x7, 1",
        "3x5x9, 1",
        "1x2x3x4x5, 2",
        "1x16x8x9, 2",
        "2x3x100x101, 2",
        "1x255x13x13, 2",
        "1x64x32x32, 1"
    })
    void tensorsGoInAndOutByOwnCode(String extents, int threads) {
        Shape shape = Shape.parse(extents);
        Window window = Window.of(ones(shape.rank() - 2));
        Graph graph = Graph.builder("scaled")
                .input("src", shape)
                .convolution(window, weights(shape), Tensor.zeros(TensorType.f32(shape.extent(1))))
                .build();
        Tensor src = TrialRun.numbers(TensorType.f32(shape.extents()));
        try (Session session = Session.open(
                graph,
                SessionOptions.latency()
                        .intraOpThreads(threads)
                        .backend("onednn")
                        .winograd(false))) {
            assertThat(session.describe().steps())
                    .filteredOn(step -> step.layer().equals("reorder"))
                    .hasSize(2)
                    .extracting(StepReport::implementation)
                    .allMatch("conv4j"::equals);
            float[] dst = session.run(src).toFloats();
            int pixels = shape.elements() / shape.extent(0) / shape.extent(1);
            for (int i = 0; i < dst.length; i++) {
                assertThat(dst[i]).isEqualTo(src.toFloats()[i] * (i / pixels % shape.extent(1) + 1));
            }
        }
    }

    private static int[] ones(int count) {
        int[] ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** A diagonal of 1, 2, 3 …: each channel is multiplied by its own number. */
    private static Tensor weights(Shape shape) {
        int channels = shape.extent(1);
        int[] extents = ones(shape.rank());
        extents[0] = channels;
        extents[1] = channels;
        Tensor weights = Tensor.zeros(TensorType.f32(extents));
        for (int i = 0; i < channels; i++) {
            weights.floats().put(i * channels + i, i + 1);
        }
        return weights;
    }
}
