package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Pooling.Kind;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PoolingKernelTest {
    private static final Tensor ONE_TO_FIVE = Tensor.of(Shape.of(1, 1, 5), 1, 2, 3, 4, 5);

    @Test
    void takesTheLargest() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2, 4), 1, 5, 2, 0, -1, 3, -7, 9);

        assertThat(SingleStep.run(new Pooling(Kind.MAX, Window.square(2).stride(2)), src)
                        .toFloats())
                .containsExactly(5, 9);
    }

    @Test
    void paddingIsNeverTheLargest() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2), -3, -2);

        assertThat(SingleStep.run(new Pooling(Kind.MAX, Window.of(2).pad(1)), src)
                        .toFloats())
                .containsExactly(-3, -2, -2);
    }

    @Test
    void takesTheLargestOfBytes() {
        Tensor src = Tensor.zeros(DataType.U8, Shape.of(1, 1, 3));
        src.set(0, 200);
        src.set(1, 7);

        assertThat(SingleStep.run(new Pooling(Kind.MAX, Window.of(2)), src).toLongs())
                .containsExactly(200, 7);
    }

    @Test
    void averagesWithAndWithoutPadding() {
        Window window = new Window(List.of(new Axis(2, 2, 1, 0, 1)));

        assertThat(SingleStep.run(new Pooling(Kind.AVERAGE_INCLUDE_PADDING, window), ONE_TO_FIVE)
                        .toFloats())
                .containsExactly(1.5f, 3.5f, 2.5f);
        assertThat(SingleStep.run(new Pooling(Kind.AVERAGE_EXCLUDE_PADDING, window), ONE_TO_FIVE)
                        .toFloats())
                .containsExactly(1.5f, 3.5f, 5);
    }

    @Test
    void roundedUpItCountsNothingBeyondThePadding() {
        Window window = new Window(List.of(new Axis(3, 3, 1, 1, 1)));

        // Windows begin at −1, 2 and 5: the last one would lie in the padding alone and is left out.
        assertThat(SingleStep.run(new Pooling(Kind.AVERAGE_INCLUDE_PADDING, window, true), ONE_TO_FIVE)
                        .toFloats())
                .containsExactly(1, 4);
        // Windows begin at 0, 2 and 4: the last one sees 5 and nothing else.
        assertThat(SingleStep.run(
                                new Pooling(
                                        Kind.AVERAGE_INCLUDE_PADDING,
                                        Window.of(2).stride(2),
                                        true),
                                ONE_TO_FIVE)
                        .toFloats())
                .containsExactly(1.5f, 3.5f, 5);
        // One of two elements of padding lies in the last window.
        Window padded = new Window(List.of(new Axis(4, 3, 1, 0, 1)));
        assertThat(SingleStep.run(new Pooling(Kind.AVERAGE_INCLUDE_PADDING, padded, true), ONE_TO_FIVE)
                        .toFloats())
                .containsExactly(2.5f, 3);
    }

    @Test
    void aWindowThatStepsOverTheInputAveragesToZero() {
        Tensor src = Tensor.of(Shape.of(1, 1, 1), 7);
        Window window = new Window(List.of(new Axis(2, 1, 4, 2, 2)));

        assertThat(SingleStep.run(new Pooling(Kind.AVERAGE_EXCLUDE_PADDING, window), src)
                        .toFloats())
                .containsExactly(0);
    }

    @Test
    void computesRandomCasesTapByTap() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Kind kind = List.of(Kind.values()).get(random.nextInt(3));
            List<Axis> axes = new ArrayList<>();
            int[] extents = {1 + random.nextInt(2), 1 + random.nextInt(3), 1, 1};
            for (int i = 0; i < 2; i++) {
                int kernel = 1 + random.nextInt(4);
                int dilation = 1 + random.nextInt(2);
                int effective = dilation * (kernel - 1) + 1;
                axes.add(new Axis(
                        kernel, 1 + random.nextInt(3), dilation, random.nextInt(effective), random.nextInt(effective)));
                extents[i + 2] = effective + random.nextInt(6);
            }
            Pooling layer = new Pooling(kind, new Window(axes), random.nextBoolean());
            Tensor src = ConvolutionCase.integers(Shape.of(extents), random, 20);

            assertThat(SingleStep.run(layer, src).toFloats())
                    .as("seed %d: %s of %s", seed, layer, src)
                    .isEqualTo(tapByTap(layer, src));
        }
    }

    private static float[] tapByTap(Pooling layer, Tensor src) {
        Shape out = layer.infer(List.of(src.type())).get(0).shape();
        float[] expected = new float[out.elements()];
        int height = src.shape().extent(2);
        int width = src.shape().extent(3);
        Axis rows = layer.window().axis(0);
        Axis columns = layer.window().axis(1);
        for (int i = 0; i < expected.length; i++) {
            int plane = i / (out.extent(2) * out.extent(3)) * height * width;
            double largest = Double.NEGATIVE_INFINITY;
            double sum = 0;
            int inside = 0;
            int padded = 0;
            for (int tap = 0; tap < layer.window().taps(); tap++) {
                int y = rows.inputIndex(i / out.extent(3) % out.extent(2), tap / columns.kernel());
                int x = columns.inputIndex(i % out.extent(3), tap % columns.kernel());
                padded += y < height + rows.padAfter() && x < width + columns.padAfter() ? 1 : 0;
                if (y >= 0 && y < height && x >= 0 && x < width) {
                    double value = src.get(plane + y * width + x);
                    largest = Math.max(largest, value);
                    sum += value;
                    inside++;
                }
            }
            expected[i] = (float)
                    switch (layer.kind()) {
                        case MAX -> largest;
                        case AVERAGE_INCLUDE_PADDING -> sum / padded;
                        case AVERAGE_EXCLUDE_PADDING -> inside == 0 ? 0 : sum / inside;
                    };
        }
        return expected;
    }
}
