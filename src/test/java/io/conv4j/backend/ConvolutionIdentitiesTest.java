package io.conv4j.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must hold between convolutions whatever computes them; on whole numbers, so that it holds exactly. */
@ParameterizedClass
@ValueSource(strings = {"onednn", "openblas", "java"})
class ConvolutionIdentitiesTest {
    private static final int CASES = 60;

    private final String backend;

    ConvolutionIdentitiesTest(String backend) {
        this.backend = backend;
    }

    private Tensor run(Layer layer, Tensor src, Tensor... constants) {
        GraphBuilder builder = Graph.builder("identity").input("src", src.shape());
        Value[] values = Arrays.stream(constants)
                .map(constant -> builder.constant("constant", constant))
                .toArray(Value[]::new);
        SessionOptions options = SessionOptions.throughput().backend(backend).winograd(false);
        try (Session session = Session.open(builder.then(layer, values).build(), options)) {
            return session.run(src);
        }
    }

    private Tensor run(ConvolutionCase each, Tensor... sources) {
        return run(each.layer(), sources[0], Arrays.copyOfRange(sources, 1, sources.length));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void convolutionsAreLinear(boolean transposed) {
        for (int seed = 0; seed < CASES; seed++) {
            Random random = new Random(seed);
            ConvolutionCase each = withoutBias(ConvolutionCase.random(random, transposed));
            Tensor[] a = each.integers(random, 5);
            Tensor[] b = {ConvolutionCase.integers(each.src(), random, 5), a[1]};
            Tensor[] sum = {Tensor.zeros(DataType.F32, each.src()), a[1]};
            for (int i = 0; i < each.src().elements(); i++) {
                sum[0].set(i, 3 * a[0].get(i) - 2 * b[0].get(i));
            }
            Tensor left = run(each, a);
            Tensor right = run(each, b);
            Tensor both = run(each, sum);
            for (int i = 0; i < both.shape().elements(); i++) {
                assertThat(both.get(i))
                        .as("seed %d: %s at %d", seed, each, i)
                        .isEqualTo(3 * left.get(i) - 2 * right.get(i));
            }
        }
    }

    private static ConvolutionCase withoutBias(ConvolutionCase each) {
        return new ConvolutionCase(each.layer(), each.src(), each.outputs(), false);
    }

    /** What moves src by one stride moves dst by one element; the other way round if transposed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void convolutionsCommuteWithShifts(boolean transposed) {
        for (int seed = 0; seed < CASES; seed++) {
            Random random = new Random(seed);
            ConvolutionCase each = ConvolutionCase.random(random, transposed);
            Tensor[] sources = each.integers(random, 5);
            int axis = 2 + random.nextInt(each.window().rank());
            int stride = each.window().axis(axis - 2).stride();
            int forth = transposed ? 1 : stride;
            int back = transposed ? stride : 1;
            // What is moved out of the tensor must be zero, as what is moved in is.
            sources[0] = moved(moved(sources[0], axis, forth), axis, -forth);
            Tensor[] later = sources.clone();
            later[0] = moved(sources[0], axis, forth);
            Tensor dst = run(each, sources);
            Tensor got = run(each, later);
            int distance = back * dst.shape().strides()[axis];
            for (int i = 0; i < dst.shape().elements(); i++) {
                if (coordinate(dst.shape(), i, axis) >= back) {
                    assertThat(got.get(i))
                            .as("seed %d: %s along %d at %d", seed, each, axis, i)
                            .isEqualTo(dst.get(i - distance));
                }
            }
        }
    }

    private static Tensor moved(Tensor tensor, int axis, int by) {
        Tensor moved = Tensor.zeros(tensor.type());
        Shape shape = tensor.shape();
        for (int i = 0; i < shape.elements(); i++) {
            int from = coordinate(shape, i, axis) - by;
            if (from >= 0 && from < shape.extent(axis)) {
                moved.set(i, tensor.get(i - by * shape.strides()[axis]));
            }
        }
        return moved;
    }

    private static int coordinate(Shape shape, int index, int axis) {
        return index / shape.strides()[axis] % shape.extent(axis);
    }

    @Test
    void twoConvolutionsOfThreeSeeWhatOneOfFiveSees() {
        Random random = new Random(4);
        Tensor src = ConvolutionCase.integers(Shape.of(1, 1, 9, 11), random, 5);
        Tensor first = ConvolutionCase.integers(Shape.of(1, 1, 3, 3), random, 5);
        Tensor second = ConvolutionCase.integers(Shape.of(1, 1, 3, 3), random, 5);
        Tensor both = Tensor.zeros(DataType.F32, Shape.of(1, 1, 5, 5));
        for (int i = 0; i < 81; i++) {
            int at = (i / 9 / 3 + i % 9 / 3) * 5 + i / 9 % 3 + i % 9 % 3;
            both.set(at, both.get(at) + first.get(i / 9) * second.get(i % 9));
        }
        Layer three = new Convolution(Window.square(3));

        assertThat(run(three, run(three, src, first), second).toFloats())
                .isEqualTo(run(new Convolution(Window.square(5)), src, both).toFloats());
    }

    @Test
    void transposedConvolutionIsTheAdjoint() {
        for (int seed = 0; seed < CASES; seed++) {
            Random random = new Random(seed);
            ConvolutionCase each = ConvolutionCase.random(random, false);
            Tensor[] sources = each.integers(random, 5);
            Convolution layer = (Convolution) each.layer();
            Tensor x = sources[0];
            Tensor forth = run(layer, x, sources[1]);
            Tensor y = ConvolutionCase.integers(forth.shape(), random, 5);
            // What a stride does not reach of the input is output padding on the way back.
            List<Integer> rest = java.util.stream.IntStream.range(
                            0, layer.window().rank())
                    .map(i -> x.shape().extent(i + 2)
                            - layer.window().axis(i).stride() * (y.shape().extent(i + 2) - 1)
                            - layer.window().axis(i).effectiveKernel()
                            + layer.window().axis(i).padBefore()
                            + layer.window().axis(i).padAfter())
                    .boxed()
                    .toList();
            Tensor back = run(new TransposedConvolution(layer.window(), layer.groups(), rest), y, sources[1]);

            assertThat(inner(forth, y)).as("seed %d: %s", seed, each).isEqualTo(inner(x, back));
        }
    }

    private static double inner(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        double sum = 0;
        for (int i = 0; i < a.shape().elements(); i++) {
            sum += a.get(i) * b.get(i);
        }
        return sum;
    }

    @Test
    void transposedConvolutionIsAConvolutionOfTheSpreadInputWithTheRotatedKernel() {
        Random random = new Random(1);
        Tensor src = ConvolutionCase.integers(Shape.of(1, 2, 3, 4), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(2, 3, 3, 3), random, 8);
        Tensor spread = Tensor.zeros(DataType.F32, Shape.of(1, 2, 5, 7));
        for (int i = 0; i < src.shape().elements(); i++) {
            spread.set(i / 12 * 35 + i % 12 / 4 * 14 + i % 4 * 2, src.get(i));
        }
        Tensor rotated = Tensor.zeros(DataType.F32, Shape.of(3, 2, 3, 3));
        for (int i = 0; i < weights.shape().elements(); i++) {
            int tap = i % 9;
            rotated.set((i / 9 % 3 * 2 + i / 27) * 9 + 8 - tap, weights.get(i));
        }

        assertThat(run(new TransposedConvolution(Window.square(3).stride(2)), src, weights)
                        .toFloats())
                .isEqualTo(run(new Convolution(Window.square(3).pad(2)), spread, rotated)
                        .toFloats());
    }

    @Test
    void dilatedConvolutionIsAConvolutionWithAKernelFullOfZeros() {
        Random random = new Random(2);
        Tensor src = ConvolutionCase.integers(Shape.of(2, 2, 9), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(3, 2, 3), random, 8);
        Tensor filled = Tensor.zeros(DataType.F32, Shape.of(3, 2, 7));
        for (int i = 0; i < weights.shape().elements(); i++) {
            filled.set(i / 3 * 7 + i % 3 * 3, weights.get(i));
        }
        Window dilated = new Window(List.of(new Axis(3, 2, 3, 2, 1)));
        Window dense = new Window(List.of(new Axis(7, 2, 1, 2, 1)));

        assertThat(run(new Convolution(dilated), src, weights).toFloats())
                .isEqualTo(run(new Convolution(dense), src, filled).toFloats());
    }

    @Test
    void groupedConvolutionIsAConvolutionWithABlockDiagonalKernel() {
        Random random = new Random(3);
        Tensor src = ConvolutionCase.integers(Shape.of(2, 6, 5, 5), random, 8);
        Tensor weights = ConvolutionCase.integers(Shape.of(9, 2, 3, 3), random, 8);
        Tensor diagonal = Tensor.zeros(DataType.F32, Shape.of(9, 6, 3, 3));
        for (int i = 0; i < weights.shape().elements(); i++) {
            int output = i / 18;
            int channel = output / 3 * 2 + i / 9 % 2;
            diagonal.set((output * 6 + channel) * 9 + i % 9, weights.get(i));
        }
        Window window = Window.square(3).pad(1);

        assertThat(run(new Convolution(window, 3), src, weights).toFloats())
                .isEqualTo(run(new Convolution(window), src, diagonal).toFloats());
    }
}
