package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Slice;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RemoveIdentitiesTest {
    private static final Shape SHAPE = Shape.of(1, 2, 3, 4);
    private static final List<Integer> ZEROS = List.of(0, 0, 0, 0);
    private static final List<Integer> ONES = List.of(1, 1, 1, 1);

    static Stream<Layer> identities() {
        return Stream.of(
                new Reshape(SHAPE),
                new Transpose(List.of(0, 1, 2, 3)),
                new Pad(Pad.Mode.REFLECT, ZEROS, ZEROS, 0),
                new Cast(DataType.F32),
                new Slice(ZEROS, List.of(-1, 1, 1, 1), List.of(1, 2, 3, 4)),
                new Concat(2),
                new Expand(Shape.of(2, 1, 1)),
                new Pooling(Pooling.Kind.AVERAGE_EXCLUDE_PADDING, Window.square(1)),
                new Activation(Activation.Kind.LINEAR, 1, 0),
                new Activation(Activation.Kind.POWER, 1, 1),
                Activation.clip(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY),
                new DepthToSpace(1, true),
                Resize.upsample(Resize.Interpolation.LINEAR, SHAPE, ONES));
    }

    static Stream<Layer> others() {
        return Stream.of(
                new Reshape(Shape.of(24)),
                new Transpose(List.of(0, 1, 3, 2)),
                new Pad(Pad.Mode.CONSTANT, List.of(0, 0, -1, 0), List.of(0, 0, 1, 0), 0),
                new Cast(DataType.S32),
                new Slice(List.of(0, 1, 0, 0), List.of(1, -1, 1, 1), List.of(1, 2, 3, 4)),
                new Slice(ZEROS, ONES, List.of(1, 2, 3, 3)),
                new Expand(Shape.of(5, 2, 3, 4)),
                new Pooling(Pooling.Kind.MAX, Window.square(3).pad(1)),
                new Activation(Activation.Kind.LINEAR, 1, 1),
                Activation.clip(0, Float.POSITIVE_INFINITY),
                Resize.upsample(Resize.Interpolation.LINEAR, SHAPE, List.of(1, 1, 1, 2)));
    }

    @ParameterizedTest
    @MethodSource("identities")
    void dropsWhatGivesBackItsInput(Layer layer) {
        Graph graph = Graph.builder("identity")
                .input("src", SHAPE)
                .then(layer)
                .activation(Activation.of(Activation.Kind.ABS))
                .build();

        Graph result = new RemoveIdentities().apply(graph);

        assertThat(result.nodes()).extracting(node -> node.layer().word()).containsExactly("abs");
        assertThat(result.nodes().get(0).inputs()).isEqualTo(graph.inputs());
        assertThat(result.outputs()).isEqualTo(graph.outputs());
    }

    @ParameterizedTest
    @MethodSource("others")
    void keepsWhatDoesNot(Layer layer) {
        Graph graph = Graph.builder("other").input("src", SHAPE).then(layer).build();

        assertThat(new RemoveIdentities().apply(graph)).isSameAs(graph);
    }

    @ParameterizedTest
    @EnumSource(
            value = Binary.Op.class,
            names = {"ADD", "SUB", "MUL", "DIV", "POW"})
    void dropsSumsWithZerosAndProductsWithOnes(Binary.Op op) {
        float neutral = op == Binary.Op.ADD || op == Binary.Op.SUB ? 0 : 1;
        Graph right = withConstant(op, true, Tensor.of(Shape.of(2, 1, 1), neutral, neutral));
        Graph left = withConstant(op, false, Tensor.of(Shape.of(2, 1, 1), neutral, neutral));
        Graph other = withConstant(op, true, Tensor.of(Shape.of(2, 1, 1), neutral, 2));
        Graph larger = withConstant(op, true, Tensor.of(Shape.of(1, 1, 1, 1, 1), neutral));

        assertThat(new RemoveIdentities().apply(right).nodes()).hasSize(1);
        assertThat(new RemoveIdentities().apply(left).nodes()).hasSize(op.isCommutative() ? 1 : 2);
        assertThat(new RemoveIdentities().apply(other)).isSameAs(other);
        assertThat(new RemoveIdentities().apply(larger)).isSameAs(larger);
    }

    private static Graph withConstant(Binary.Op op, boolean second, Tensor tensor) {
        GraphBuilder builder = Graph.builder("neutral").input("src", SHAPE);
        Value src = builder.value();
        Value constant = builder.constant("constant", tensor);
        return builder.from(second ? src : constant)
                .then(new Binary(op), second ? constant : src)
                .activation(Activation.of(Activation.Kind.ABS))
                .build();
    }

    @Test
    void anOutputKeepsItsValueAndIsMadeByTheNodeBefore() {
        GraphBuilder builder = Graph.builder("output").input("src", SHAPE).relu();
        Value relu = builder.value();
        Value same = builder.then(new Reshape(SHAPE)).output().value();
        Graph graph = builder.from(relu)
                .activation(Activation.of(Activation.Kind.ABS))
                .add(same)
                .output()
                .build();

        Graph result = new RemoveIdentities().apply(graph);

        assertThat(result.outputs()).isEqualTo(graph.outputs());
        assertThat(result.nodes()).hasSize(3);
        assertThat(result.nodes().get(0).output()).isEqualTo(same);
        assertThat(result.nodes().get(1).inputs()).containsExactly(same);
        assertThat(result.nodes().get(2).inputs())
                .containsExactly(result.nodes().get(1).output(), same);
    }

    @Test
    void anOutputThatIsAnInputIsStillCopied() {
        Graph graph = Graph.builder("copy")
                .input("src", SHAPE)
                .then(new Reshape(SHAPE))
                .build();

        assertThat(new RemoveIdentities().apply(graph)).isSameAs(graph);
    }

    @Test
    void twoOutputsOfOneNumbersStayTwo() {
        GraphBuilder builder = Graph.builder("two").input("src", SHAPE).relu().output();
        Graph graph = builder.then(new Reshape(SHAPE)).output().build();

        assertThat(new RemoveIdentities().apply(graph)).isSameAs(graph);
    }

    @Test
    void mergesReshapes() {
        Graph graph = Graph.builder("reshapes")
                .input("src", SHAPE)
                .then(new Reshape(Shape.of(24)))
                .then(new Reshape(Shape.of(6, 4)))
                .build();

        Graph result = new RemoveIdentities().apply(graph);

        assertThat(result.nodes()).hasSize(1);
        assertThat(result.nodes().get(0).layer()).isEqualTo(new Reshape(Shape.of(6, 4)));
        assertThat(result.nodes().get(0).inputs()).isEqualTo(graph.inputs());
    }

    @Test
    void composesTransposes() {
        Graph graph = Graph.builder("transposes")
                .input("src", Shape.of(5, 2, 3, 4))
                .then(new Transpose(List.of(0, 2, 3, 1)))
                .then(new Transpose(List.of(3, 0, 1, 2)))
                .build();

        Graph result = new RemoveIdentities().apply(graph);

        assertThat(result.nodes()).hasSize(1);
        // [5, 2, 3, 4] is [5, 3, 4, 2] is [2, 5, 3, 4].
        assertThat(result.nodes().get(0).layer()).isEqualTo(new Transpose(List.of(1, 0, 2, 3)));
    }

    @Test
    void movingAxesOfExtentOneIsAReshape() {
        Graph graph = Graph.builder("moved")
                .input("src", Shape.of(5, 2, 1, 1))
                .then(new Transpose(List.of(0, 2, 3, 1)))
                .build();

        assertThat(new RemoveIdentities().apply(graph).nodes().get(0).layer())
                .isEqualTo(new Reshape(Shape.of(5, 1, 1, 2)));
    }

    @Test
    void reducingAxesOfExtentOneIsAReshape() {
        GraphBuilder builder = Graph.builder("reduced").input("src", Shape.of(5, 2, 1, 1));
        Graph mean =
                builder.then(new Reduce(Reduce.Kind.MEAN, List.of(2, 3), false)).build();
        Graph squares = Graph.builder("squares")
                .input("src", Shape.of(5, 1))
                .then(new Reduce(Reduce.Kind.SUM_OF_SQUARES, List.of(1), true))
                .build();

        assertThat(new RemoveIdentities().apply(mean).nodes().get(0).layer()).isEqualTo(new Reshape(Shape.of(5, 2)));
        assertThat(new RemoveIdentities().apply(squares)).isSameAs(squares);
    }

    @Test
    void dropsTheReluOfWhatIsNotNegative() {
        Graph graph = Graph.builder("twice")
                .input("src", SHAPE)
                .activation(Activation.clip(0, 6))
                .maxPooling(Window.square(2))
                .relu()
                .activation(Activation.of(Activation.Kind.SQRT))
                .build();

        assertThat(new RemoveIdentities().apply(graph).nodes()).hasSize(3);
    }
}
