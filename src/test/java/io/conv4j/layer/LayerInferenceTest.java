package io.conv4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What layers make of shapes, and what they refuse. Inputs are f32 unless they say otherwise. */
class LayerInferenceTest {
    private static final Window THREE = Window.square(3).pad(1);
    private static final Pooling CEIL =
            new Pooling(Pooling.Kind.MAX, Window.square(3).stride(2), true);

    private static final GridSample SAMPLE =
            new GridSample(Resize.Interpolation.CUBIC, GridSample.Outside.BORDER, false);

    private static final DeformableConvolution DEFORMED = new DeformableConvolution(THREE, 2, 2, true);

    static Stream<Arguments> fitting() {
        return Stream.of(
                arguments(new Convolution(THREE, 2), "1x4x8x8 6x2x3x3 6", "1x6x8x8"),
                arguments(new TransposedConvolution(Window.of(2).stride(2), 2, List.of(1)), "1x4x5 4x3x2 6", "1x6x11"),
                arguments(new Dense(), "5x3 2x3 2", "5x2"),
                arguments(new MatMul(), "7x1x2x3 4x3x5", "7x4x2x5"),
                arguments(CEIL, "1x2x8x8", "1x2x4x4"),
                arguments(new BatchNormalization(0), "1x2x3 2 2 2 2", "1x2x3"),
                arguments(new LocalResponseNormalization(3, 1, 1, 1), "1x2x3x4", "1x2x3x4"),
                arguments(new Softmax(-1, false), "2x3", "2x3"),
                arguments(Activation.relu(), "2x3", "2x3"),
                arguments(new Binary(Binary.Op.MUL), "2x1x4 3x1", "2x3x4"),
                arguments(new Concat(1), "1x2x3 1x5x3", "1x7x3"),
                arguments(new Slice(List.of(4, 0), List.of(-2, 1), List.of(3, 2)), "5x2", "3x2"),
                arguments(new Pad(Pad.Mode.CONSTANT, List.of(1, -1), List.of(2, 0), 0), "5x2", "8x1"),
                arguments(new Reshape(Shape.of(3, 4)), "2x6", "3x4"),
                arguments(new Transpose(List.of(2, 0, 1)), "2x3x4", "4x2x3"),
                arguments(new Expand(Shape.of(3, 1)), "1x5", "3x5"),
                arguments(new Reduce(Reduce.Kind.SUM, List.of(1), false), "2x3x4", "2x4"),
                arguments(SAMPLE, "2x3x4x5 2x6x7x2", "2x3x6x7"),
                arguments(SAMPLE, "2x3x4x5x6 2x7x8x9x3", "2x3x7x8x9"),
                arguments(DEFORMED, "1x4x8x8 6x2x3x3 1x36x8x8 1x18x8x8 6", "1x6x8x8"),
                arguments(DEFORMED, "2x4x8x8 6x2x3x3 2x36x8x8 2x18x8x8", "2x6x8x8"),
                arguments(new DepthToSpace(2, true), "1x8x2x3", "1x2x4x6"),
                arguments(new SpaceToDepth(2), "1x2x4x6", "1x8x2x3"),
                arguments(
                        Resize.upsample(Resize.Interpolation.NEAREST, Shape.of(1, 1, 2, 3), List.of(1, 1, 2, 2)),
                        "1x1x2x3",
                        "1x1x4x6"));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                arguments(new Convolution(THREE), "1x4x8x8 6x2x3x3", "src has 4 channels"),
                arguments(new Convolution(THREE), "1x4x8x8 6x4x3x2", "do not have the kernel"),
                arguments(new Convolution(THREE, 2), "1x4x8x8 5x2x3x3", "do not divide into 2 groups"),
                arguments(new Convolution(THREE), "1x4x8x8 6x4x3x3 5", "bias should be [6]"),
                arguments(new Convolution(THREE), "1x4x8 6x4x3x3", "should have 4 axes"),
                arguments(new Convolution(THREE), "1x4x8x8", "takes 2 to 3 inputs, got 1"),
                arguments(new TransposedConvolution(Window.of(2)), "1x4x5 3x3x2", "src has 4 channels"),
                arguments(new Dense(), "5x3 2x4", "src should be [N, K]"),
                arguments(new MatMul(), "2x3 4x5", "operands should be"),
                arguments(CEIL, "1x2x8", "should have 4 axes"),
                arguments(new BatchNormalization(0), "1x2x3 2 2 3 2", "mean should be [2]"),
                arguments(new LocalResponseNormalization(3, 1, 1, 1), "4", "axes N and C"),
                arguments(new Softmax(2, false), "2x3", "axis 2"),
                arguments(new Binary(Binary.Op.MUL), "2x3 2", "do not broadcast"),
                arguments(new Concat(1), "1x2x3 1x5x4", "inputs differ outside axis 1"),
                arguments(new Slice(List.of(4), List.of(1), List.of(2)), "5", "ends before"),
                arguments(new Pad(Pad.Mode.REFLECT, List.of(3), List.of(0), 0), "3", "cannot be padded by 3 and 0"),
                arguments(new Reshape(Shape.of(3, 4)), "2x5", "as many elements"),
                arguments(new Transpose(List.of(1, 0)), "2x3x4", "does not have the axes"),
                arguments(new Expand(Shape.of(3)), "2", "do not broadcast"),
                arguments(new Reduce(Reduce.Kind.SUM, List.of(3), false), "2x3x4", "axis 3"),
                arguments(new ArgReduce(ArgReduce.Kind.MAX, 1, true, false), "2x0", "no element to take"),
                arguments(new ArgReduce(ArgReduce.Kind.MIN, -3, true, false), "2x3", "axis -3"),
                arguments(new TopK(4, -1, true), "5x3", "does not have 4 elements"),
                arguments(new TopK(1, 2, true), "5x3", "axis 2"),
                arguments(SAMPLE, "2x3x4x5", "takes 2 inputs, got 1"),
                arguments(SAMPLE, "2x3 2x3", "1 to 3 spatial axes"),
                arguments(SAMPLE, "2x3x4x5 1x6x7x2", "grid 1x6x7x2 should be"),
                arguments(SAMPLE, "2x3x4x5 2x6x2", "grid 2x6x2 should be"),
                arguments(SAMPLE, "2x3x0x5 2x6x7x2", "nothing to read"),
                arguments(DEFORMED, "1x4x8x8 6x2x3x3 1x36x8x8", "takes 4 to 5 inputs, got 3"),
                arguments(DEFORMED, "1x4x8x8 6x2x3x3 1x18x8x8 1x18x8x8", "offset 1x18x8x8 should have 36 channels"),
                arguments(DEFORMED, "1x4x8x8 6x2x3x3 1x36x8x8 1x18x8x7", "mask 1x18x8x7 should have 18 channels"),
                arguments(DEFORMED, "1x4x8x8 6x2x3x3 1x36x8x8 18", "mask 18 should have"),
                arguments(DEFORMED, "1x4x8x8 6x2x3x3 1x36x8x8 1x18x8x8 5", "bias should be [6]"),
                arguments(DEFORMED, "1x6x8x8 6x2x3x3 1x36x8x8 1x18x8x8", "src has 6 channels"),
                arguments(
                        new DeformableConvolution(THREE, 1, 3, false),
                        "1x4x8x8 6x4x3x3 1x54x8x8",
                        "do not divide into 3 offset groups"),
                arguments(new MaxPoolingWithIndices(THREE, false, false), "1x2x8", "should have 4 axes"),
                arguments(new MaxUnpooling(THREE), "1x2x8 1x2x8", "should have 4 axes"),
                arguments(new MaxUnpooling(THREE), "1x2x8x8 1x2x8x8", "indices should be s64 1x2x8x8"),
                arguments(new DepthToSpace(2, true), "1x6x2x3", "do not divide by 4"),
                arguments(new SpaceToDepth(2), "1x2x3x6", "do not divide by 2"));
    }

    @ParameterizedTest
    @MethodSource("fitting")
    void makesTheShape(Layer layer, String inputs, String output) {
        assertThat(layer.infer(types(inputs))).containsExactly(new TensorType(DataType.F32, Shape.parse(output)));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void refusesWhatDoesNotFit(Layer layer, String inputs, String message) {
        assertThatThrownBy(() -> layer.infer(types(inputs)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining(message);
    }

    private static List<TensorType> types(String shapes) {
        return Arrays.stream(shapes.split(" ", -1))
                .map(shape -> new TensorType(DataType.F32, Shape.parse(shape)))
                .toList();
    }
}
