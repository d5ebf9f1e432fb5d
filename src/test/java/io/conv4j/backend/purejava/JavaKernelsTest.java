package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.conv4j.evaluate.Evaluator;
import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.DeformableConvolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.GridSample;
import io.conv4j.layer.Layer;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.MaxPoolingWithIndices;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class JavaKernelsTest {
    private static final Shape SRC = Shape.of(2, 6, 23, 29);

    /** One of each layer that has a kernel here, large enough for several threads, and what it reads beside src. */
    private static Map<Layer, Tensor[]> layers(DataType type) {
        Window window = Window.square(3).stride(2).pad(1);
        Tensor src = random(SRC, 1, type);
        Tensor six = random(Shape.of(6), 2, type);
        Tensor positive = random(Shape.of(6), 3, type);
        for (int i = 0; i < 6; i++) {
            positive.set(i, Math.abs(positive.get(i)) + 1);
        }
        Map<Layer, Tensor[]> layers = new LinkedHashMap<>();
        layers.put(new Convolution(window, 2), new Tensor[] {src, random(Shape.of(40, 3, 3, 3), 4, type)});
        layers.put(new TransposedConvolution(window), new Tensor[] {src, random(Shape.of(6, 40, 3, 3), 5, type)});
        layers.put(new Pooling(Pooling.Kind.MAX, window), new Tensor[] {src});
        layers.put(new Pooling(Pooling.Kind.AVERAGE_INCLUDE_PADDING, window, true), new Tensor[] {src});
        layers.put(new MaxPoolingWithIndices(window, false, false), new Tensor[] {src});
        layers.put(new Dense(), new Tensor[] {random(Shape.of(9, 300), 6, type), random(Shape.of(200, 300), 7, type)});
        layers.put(
                new MatMul(), new Tensor[] {random(Shape.of(2, 70, 90), 8, type), random(Shape.of(90, 150), 9, type)});
        layers.put(new BatchNormalization(1e-5f), new Tensor[] {src, six, six, six, positive});
        layers.put(new LocalResponseNormalization(5, 0.1f, 0.75f, 1), new Tensor[] {src});
        layers.put(new Softmax(1, false), new Tensor[] {src});
        layers.put(
                Resize.upsample(Resize.Interpolation.LINEAR, SRC, java.util.List.of(1, 1, 3, 2)), new Tensor[] {src});
        layers.put(
                new GridSample(Resize.Interpolation.CUBIC, GridSample.Outside.REFLECTION, false),
                new Tensor[] {src, random(Shape.of(2, 31, 17, 2), 10, type)});
        layers.put(new DeformableConvolution(window, 1, 3, true), new Tensor[] {
            src,
            random(Shape.of(40, 6, 3, 3), 11, type),
            random(Shape.of(2, 54, 12, 15), 12, type),
            random(Shape.of(2, 27, 12, 15), 13, type)
        });
        return layers;
    }

    private static Tensor random(Shape shape, long seed, DataType type) {
        Tensor tensor = Tensor.zeros(type, shape);
        Random random = new Random(seed);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextGaussian());
        }
        return tensor;
    }

    @Test
    void haveOneForEveryLayer() {
        Set<Class<?>> here =
                layers(DataType.F32).keySet().stream().map(Layer::getClass).collect(Collectors.toSet());

        assertThat(Arrays.stream(Layer.class.getPermittedSubclasses()).filter(layer -> !covered(layer)))
                .isNotEmpty()
                .allMatch(here::contains);
    }

    /** Those of the evaluator are not known by their class; it has a test of its own. */
    private static boolean covered(Class<?> layer) {
        Set<String> moves = Set.of(
                "Activation",
                "ArgReduce",
                "Binary",
                "Cast",
                "Concat",
                "DepthToSpace",
                "Dequantize",
                "Expand",
                "Gather",
                "GatherElements",
                "MaxUnpooling",
                "Pad",
                "Quantize",
                "Reduce",
                "Reshape",
                "Slice",
                "SpaceToDepth",
                "TopK",
                "Transpose",
                "Where");
        return moves.contains(layer.getSimpleName());
    }

    @Test
    void doNotDependOnThreadsNorOnTheRunBefore() {
        layers(DataType.F32).forEach((layer, sources) -> {
            Tensor once = new SingleStep(layer, sources).run(1);

            assertThat(new SingleStep(layer, sources).run(1).bytes())
                    .as("%s", layer)
                    .isEqualTo(once.bytes());
            assertThat(new SingleStep(layer, sources).run(4).bytes())
                    .as("%s", layer)
                    .isEqualTo(once.bytes());
        });
    }

    @Test
    void overwriteTheWholeDestination() {
        layers(DataType.F32).forEach((layer, sources) -> {
            int notWritten = 0;
            for (float value : new SingleStep(layer, sources).run(2).toFloats()) {
                notWritten += Float.isFinite(value) ? 0 : 1;
            }

            assertThat(notWritten).as("%s", layer).isZero();
        });
    }

    @Test
    void takeWhatIsNotANumber() {
        layers(DataType.F32).forEach((layer, sources) -> {
            sources[0].set(0, Double.NaN);
            sources[0].set(1, Double.POSITIVE_INFINITY);
            sources[0].set(2, Double.NEGATIVE_INFINITY);

            assertThatCode(() -> new SingleStep(layer, sources).run(1)).doesNotThrowAnyException();
        });
    }

    @Test
    void computeBf16AsF32RoundedAtTheEnd() {
        Map<Layer, Tensor[]> wide = layers(DataType.F32);
        layers(DataType.BF16).forEach((layer, sources) -> {
            Tensor[] same = Arrays.stream(sources).map(JavaKernelsTest::widened).toArray(Tensor[]::new);
            Tensor expected = SingleStep.run(layer, same);
            Tensor got = SingleStep.run(layer, sources);

            assertThat(wide).containsKey(layer);
            int farOff = 0;
            for (int i = 0; i < got.shape().elements(); i++) {
                // Half a unit in the last of 8 bits.
                farOff += Math.abs(got.get(i) - expected.get(i)) <= Math.abs(expected.get(i)) / 256 ? 0 : 1;
            }

            assertThat(farOff).as("%s", layer).isZero();
        });
    }

    private static Tensor widened(Tensor tensor) {
        Tensor wide = Tensor.zeros(DataType.F32, tensor.shape());
        for (int i = 0; i < tensor.shape().elements(); i++) {
            wide.set(i, tensor.get(i));
        }
        return wide;
    }

    @Test
    void takeEmptyTensors() {
        Tensor src = Tensor.of(Shape.of(0, 6, 5, 5));
        Window window = Window.square(3);

        assertThat(SingleStep.run(new Convolution(window), src, Tensor.zeros(DataType.F32, Shape.of(4, 6, 3, 3)))
                        .shape())
                .isEqualTo(Shape.of(0, 4, 3, 3));
        assertThat(SingleStep.run(new Pooling(Pooling.Kind.MAX, window), src).shape())
                .isEqualTo(Shape.of(0, 6, 3, 3));
        assertThat(SingleStep.run(new Softmax(1, false), src).shape()).isEqualTo(src.shape());
        assertThat(SingleStep.run(new LocalResponseNormalization(3, 1, 1, 1), src)
                        .shape())
                .isEqualTo(src.shape());
    }

    @Test
    void seeNothingButPaddingAroundAnEmptyAxis() {
        Tensor src = Tensor.of(Shape.of(1, 1, 0));
        Tensor weights = Tensor.of(Shape.of(1, 1, 2), 1, 1);

        assertThat(SingleStep.run(new Convolution(Window.of(2).pad(1)), src, weights, Tensor.of(Shape.of(1), 7f))
                        .toFloats())
                .containsExactly(7);
    }

    @Test
    void leaveLayersOfSingleElementsToTheEvaluator() {
        Tensor src = Tensor.of(Shape.of(3), -1, 0, 1);

        assertThat(Evaluator.covers(Activation.relu())).isTrue();
        assertThat(SingleStep.run(Activation.relu(), src).toFloats()).containsExactly(0, 0, 1);
    }
}
