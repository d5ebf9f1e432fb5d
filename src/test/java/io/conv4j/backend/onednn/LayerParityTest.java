package io.conv4j.backend.onednn;

import io.conv4j.backend.Backend;
import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.Parity;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Axis;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Dense;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Layer;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Slice;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Every layer but convolutions on oneDNN against plain Java: as it stands, and after a convolution, so that it meets channels
 * last.
 */
public class LayerParityTest {
    /** The one that is judged; other back ends' tests name theirs. */
    protected Backend backend() {
        return new OnednnBackend(JavaKernels::run);
    }

    private static final double EXACT = 0;

    /** What oneDNN's approximations of e to the x and the like are off where elements are about 1. */
    private static final double NEARLY = 2e-5;

    private static final Shape[] IMAGES = {
        Shape.of(1, 1, 5, 7), Shape.of(2, 3, 8, 8), Shape.of(1, 16, 9, 9), Shape.of(2, 17, 6, 5), Shape.of(1, 64, 4, 4)
    };

    private final Random random = new Random(7);
    private final List<String> failures = new ArrayList<>();
    private int cases;

    private void require(double tolerance, Layer layer, Shape... shapes) {
        for (boolean afterConvolution : new boolean[] {false, true}) {
            if (afterConvolution && shapes[0].rank() != 4) {
                continue;
            }
            List<Tensor> inputs = new ArrayList<>();
            for (Shape shape : shapes) {
                inputs.add(
                        tolerance == EXACT
                                ? ConvolutionCase.integers(shape, random, 8)
                                : ConvolutionGrid.reals(random, shape));
            }
            require(
                    tolerance,
                    graph(layer, afterConvolution, shapes),
                    inputs,
                    layer + " of " + Arrays.toString(shapes));
        }
    }

    private void require(double tolerance, Graph graph, List<Tensor> inputs, String what) {
        cases++;
        try {
            new Parity(backend(), 1 + cases % 2).require(graph, inputs, tolerance, what);
        } catch (AssertionError e) {
            failures.add(e.getMessage());
        }
    }

    /** The layer over inputs of these shapes, each led through a depthwise 1x1 convolution or not. */
    private static Graph graph(Layer layer, boolean afterConvolution, Shape... shapes) {
        GraphBuilder builder = Graph.builder("layer");
        List<Value> inputs = new ArrayList<>();
        for (Shape shape : shapes) {
            builder.input("input", shape);
            if (afterConvolution && shape.rank() == 4) {
                int channels = shape.extent(1);
                Tensor ones = Tensor.of(Shape.of(channels, 1, 1, 1), filled(channels, 1));
                Tensor zeros = Tensor.of(Shape.of(channels), filled(channels, 0));
                builder.convolution(Window.square(1), channels, ones, zeros);
            }
            inputs.add(builder.value());
        }
        return builder.from(builder.add("layer", layer, inputs).get(0)).build();
    }

    private static float[] filled(int length, float value) {
        float[] values = new float[length];
        Arrays.fill(values, value);
        return values;
    }

    private void requireNone() {
        if (!failures.isEmpty() || cases == 0) {
            throw new AssertionError(failures.size() + " of " + cases + " cases:\n" + String.join("\n", failures));
        }
    }

    @Test
    void pooling() {
        for (Shape shape : IMAGES) {
            for (Pooling.Kind kind : Pooling.Kind.values()) {
                for (boolean ceil : new boolean[] {false, true}) {
                    double tolerance = kind == Pooling.Kind.MAX ? EXACT : NEARLY;
                    require(
                            tolerance,
                            new Pooling(kind, Window.square(3).stride(2).pad(1), ceil),
                            shape);
                    require(tolerance, new Pooling(kind, Window.square(2).stride(2), ceil), shape);
                    require(tolerance, new Pooling(kind, Window.square(2).dilation(2), ceil), shape);
                    Window uneven = new Window(List.of(new Axis(3, 2, 1, 0, 2), new Axis(2, 3, 1, 1, 0)));
                    require(tolerance, new Pooling(kind, uneven, ceil), shape);
                }
                require(
                        kind == Pooling.Kind.MAX ? EXACT : NEARLY,
                        new Pooling(kind, Window.of(shape.extent(2), shape.extent(3))),
                        shape);
            }
        }
        for (Pooling.Kind kind : Pooling.Kind.values()) {
            double tolerance = kind == Pooling.Kind.MAX ? EXACT : NEARLY;
            require(tolerance, new Pooling(kind, Window.of(3).stride(2).pad(1)), Shape.of(2, 5, 11));
            require(tolerance, new Pooling(kind, Window.of(2, 3, 2).stride(2), true), Shape.of(1, 18, 5, 6, 7));
        }
        requireNone();
    }

    @Test
    void products() {
        for (int[] mkn : new int[][] {{1, 64, 10}, {3, 7, 5}, {8, 129, 33}, {17, 16, 1}, {2, 1, 65}}) {
            require(EXACT, new Dense(), Shape.of(mkn[0], mkn[1]), Shape.of(mkn[2], mkn[1]));
            require(EXACT, new Dense(), Shape.of(mkn[0], mkn[1]), Shape.of(mkn[2], mkn[1]), Shape.of(mkn[2]));
            require(NEARLY, new Dense(), Shape.of(mkn[0], mkn[1]), Shape.of(mkn[2], mkn[1]), Shape.of(mkn[2]));
            require(EXACT, new MatMul(), Shape.of(mkn[0], mkn[1]), Shape.of(mkn[1], mkn[2]));
            require(EXACT, new MatMul(), Shape.of(2, mkn[0], mkn[1]), Shape.of(2, mkn[1], mkn[2]));
            require(EXACT, new MatMul(), Shape.of(2, mkn[0], mkn[1]), Shape.of(mkn[1], mkn[2]));
            require(EXACT, new MatMul(), Shape.of(2, 1, mkn[0], mkn[1]), Shape.of(3, mkn[1], mkn[2]));
        }
        requireNone();
    }

    @Test
    void normalizations() {
        for (Shape shape : IMAGES) {
            Shape channels = Shape.of(shape.extent(1));
            List<Tensor> inputs = new ArrayList<>();
            for (Shape each : List.of(shape, channels, channels, channels, channels)) {
                inputs.add(ConvolutionGrid.reals(random, each));
            }
            for (int i = 0; i < channels.elements(); i++) {
                inputs.get(4).set(i, 0.5 + Math.abs(inputs.get(4).get(i)));
            }
            BatchNormalization layer = new BatchNormalization(1e-3f);
            for (boolean after : new boolean[] {false, true}) {
                Graph graph = graph(layer, after, shape, channels, channels, channels, channels);
                require(NEARLY, graph, inputs, layer + " of " + shape);
            }
            for (int size = 1; size <= 5; size++) {
                require(NEARLY, new LocalResponseNormalization(size, 0.5f, 0.75f, 1.5f), shape);
            }
            for (int axis = -1; axis < 4; axis++) {
                require(NEARLY, new Softmax(axis, false), shape);
                require(NEARLY, new Softmax(axis, true), shape);
            }
        }
        require(NEARLY, new Softmax(1, false), Shape.of(3, 1000));
        requireNone();
    }

    @Test
    void activations() {
        for (Activation.Kind kind : Activation.Kind.values()) {
            if (kind == Activation.Kind.NOT) {
                continue;
            }
            for (Shape shape : List.of(Shape.of(2, 5, 7, 3), Shape.of(33))) {
                Tensor src = ConvolutionGrid.reals(random, shape);
                for (int i = 0; i < shape.elements(); i++) {
                    boolean positive = kind == Activation.Kind.LOG
                            || kind == Activation.Kind.SQRT
                            || kind == Activation.Kind.POWER
                            || kind == Activation.Kind.RECIPROCAL;
                    src.set(i, positive ? 0.25 + Math.abs(src.get(i)) : 3 * src.get(i));
                }
                Activation layer = new Activation(kind, 0.3f, 1.7f);
                // e to the x is off by a share of what it has grown to.
                double tolerance = kind == Activation.Kind.EXP ? 1e4 * 2e-7 : 10 * NEARLY;
                for (boolean after : new boolean[] {false, shape.rank() == 4}) {
                    require(tolerance, graph(layer, after, shape), List.of(src), layer + " of " + shape);
                }
            }
        }
        requireNone();
    }

    @Test
    void binaries() {
        Shape[][] pairs = {
            {Shape.of(2, 5, 7, 3), Shape.of(2, 5, 7, 3)},
            {Shape.of(2, 16, 4, 3), Shape.of(1, 16, 1, 1)},
            {Shape.of(2, 16, 4, 3), Shape.of(2, 16, 1, 1)},
            {Shape.of(2, 16, 4, 3), Shape.of(16, 1, 1)},
            {Shape.of(2, 5, 4, 3), Shape.of(3)},
            {Shape.of(2, 5, 4, 3), Shape.of()},
            {Shape.of(1, 5, 1, 1), Shape.of(2, 5, 4, 3)},
            {Shape.of(1, 5, 4, 1), Shape.of(2, 1, 1, 3)},
            {Shape.of(2, 5, 4, 3), Shape.of(2, 1, 4, 3)},
            {Shape.of(4, 1), Shape.of(1, 6)},
            {Shape.of(3, 4, 5), Shape.of(4, 5)}
        };
        for (Shape[] pair : pairs) {
            for (Binary.Op op : List.of(Binary.Op.ADD, Binary.Op.SUB, Binary.Op.MUL, Binary.Op.MIN, Binary.Op.MAX)) {
                require(EXACT, new Binary(op), pair);
            }
            List<Tensor> inputs = List.of(ConvolutionGrid.reals(random, pair[0]), positive(pair[1]));
            require(
                    100 * NEARLY,
                    graph(new Binary(Binary.Op.DIV), false, pair),
                    inputs,
                    "DIV " + Arrays.toString(pair));
            List<Tensor> powers = List.of(positive(pair[0]), ConvolutionGrid.reals(random, pair[1]));
            require(
                    100 * NEARLY,
                    graph(new Binary(Binary.Op.POW), false, pair),
                    powers,
                    "POW " + Arrays.toString(pair));
            require(EXACT, new Binary(Binary.Op.LESS), pair);
        }
        requireNone();
    }

    private Tensor positive(Shape shape) {
        Tensor tensor = ConvolutionGrid.reals(random, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, 0.25 + Math.abs(tensor.get(i)));
        }
        return tensor;
    }

    @Test
    void movements() {
        for (Shape shape : IMAGES) {
            Shape more = shape.with(1, shape.extent(1) + 3);
            require(EXACT, new Concat(1), shape, more, shape);
            require(EXACT, new Concat(0), shape, shape);
            require(EXACT, new Concat(3), shape, shape.with(3, 2));
            require(EXACT, new Transpose(List.of(0, 2, 3, 1)), shape);
            require(EXACT, new Transpose(List.of(1, 0, 3, 2)), shape);
            require(EXACT, new Reshape(Shape.of(shape.elements())), shape);
            require(EXACT, new Reshape(Shape.of(shape.extent(0), shape.elements() / shape.extent(0))), shape);
            require(EXACT, new Expand(Shape.of(2, shape.extent(1), 1, 1)), shape.with(0, 1));
            require(EXACT, new SpaceToDepth(2), Shape.of(1, shape.extent(1), 4, 6));
            for (boolean columnRowDepth : new boolean[] {false, true}) {
                require(EXACT, new DepthToSpace(2, columnRowDepth), Shape.of(1, 4 * shape.extent(1), 3, 5));
            }
            List<Integer> starts = List.of(0, shape.extent(1) / 2, 1, shape.extent(3) - 1);
            List<Integer> extents = List.of(shape.extent(0), shape.extent(1) - starts.get(1), 2, 2);
            require(EXACT, new Slice(starts, List.of(1, 1, 1, -1), extents), shape);
            require(EXACT, new Slice(List.of(0, 0, 1, 0), List.of(1, 1, 2, 3), List.of(1, 1, 2, 1)), shape);
            for (Pad.Mode mode : Pad.Mode.values()) {
                require(EXACT, new Pad(mode, List.of(0, 0, 1, 2), List.of(0, 0, 3, 1), 5), shape);
            }
            require(EXACT, new Pad(Pad.Mode.CONSTANT, List.of(0, 1, 0, 0), List.of(0, 2, 0, 0), 0), shape);
        }
        requireNone();
    }

    @Test
    void reductions() {
        for (Shape shape : IMAGES) {
            for (Reduce.Kind kind : Reduce.Kind.values()) {
                for (List<Integer> axes : List.of(List.of(2, 3), List.of(1), List.of(0, 1, 2, 3), List.of(3))) {
                    if (kind == Reduce.Kind.LOG_SUM || kind == Reduce.Kind.PRODUCT) {
                        Graph graph = graph(new Reduce(kind, axes, true), false, shape);
                        require(100 * NEARLY, graph, List.of(positive(shape)), kind + " of " + shape + " over " + axes);
                    } else {
                        require(10 * NEARLY, new Reduce(kind, axes, true), shape);
                        require(10 * NEARLY, new Reduce(kind, axes, false), shape);
                    }
                }
            }
        }
        requireNone();
    }

    @Test
    void resizes() {
        for (Shape shape : IMAGES) {
            for (Resize.Interpolation interpolation : Resize.Interpolation.values()) {
                require(NEARLY, Resize.upsample(interpolation, shape, List.of(1, 1, 2, 2)), shape);
                require(NEARLY, Resize.upsample(interpolation, shape, List.of(1, 1, 3, 1)), shape);
                for (Resize.Coordinates coordinates : Resize.Coordinates.values()) {
                    if (coordinates != Resize.Coordinates.CROP_AND_RESIZE) {
                        require(NEARLY, resize(interpolation, coordinates, shape, 2 * shape.extent(2), 5), shape);
                        require(NEARLY, resize(interpolation, coordinates, shape, 3, shape.extent(3) + 4), shape);
                        require(NEARLY, antialiased(resize(interpolation, coordinates, shape, 3, 2), true), shape);
                        require(NEARLY, antialiased(resize(interpolation, coordinates, shape, 2, 40), false), shape);
                    }
                }
            }
        }
        requireNone();
    }

    private static Resize antialiased(Resize layer, boolean excludeOutside) {
        return new Resize(
                layer.interpolation(),
                layer.coordinates(),
                layer.rounding(),
                layer.scales(),
                layer.extents(),
                layer.cubicCoefficient(),
                excludeOutside,
                0,
                List.of(),
                List.of(),
                true);
    }

    private static Resize resize(
            Resize.Interpolation interpolation, Resize.Coordinates coordinates, Shape src, int height, int width) {
        return new Resize(
                interpolation,
                coordinates,
                Resize.Rounding.ROUND_PREFER_FLOOR,
                List.of(1.0, 1.0, (double) height / src.extent(2), (double) width / src.extent(3)),
                List.of(src.extent(0), src.extent(1), height, width),
                -0.75f,
                false,
                0,
                List.of(),
                List.of());
    }
}
