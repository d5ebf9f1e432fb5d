package io.conv4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Gather;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
    static Tensor one(Layer layer, Tensor... inputs) {
        assertThat(Evaluator.covers(layer)).isTrue();
        List<Tensor> outputs = Evaluator.evaluate(layer, List.of(inputs));
        assertThat(outputs).hasSize(1);
        return outputs.get(0);
    }

    /** 0, 1, 2, … in a shape. */
    static Tensor counting(int... extents) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, i);
        }
        return tensor;
    }

    static Tensor longs(long... values) {
        return Tensor.ofLongs(Shape.of(values.length), values);
    }

    static Tensor floats(float... values) {
        return Tensor.of(Shape.of(values.length), values);
    }

    @Test
    void coversNothingThatNeedsAKernel() {
        assertThat(Evaluator.covers(new Convolution(Window.square(3)))).isFalse();
        Softmax softmax = new Softmax(0, false);
        assertThat(Evaluator.covers(softmax)).isFalse();
        assertThatThrownBy(() -> Evaluator.evaluate(softmax, List.of(floats(1))))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("Softmax is not a layer of single elements");
    }

    @Test
    void refusesOutputsOfAnotherType() {
        List<Tensor> wrong = List.of(Tensor.zeros(DataType.F32, Shape.of(2, 2)));
        assertThatThrownBy(() -> Evaluator.evaluate(new Concat(0), List.of(floats(1), floats(2)), wrong))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("Concat makes [f32 2], the outputs given are [f32 2x2]");
    }

    @Test
    void emptyTensorsStayEmpty() {
        Tensor empty = Tensor.zeros(DataType.F32, Shape.of(2, 0, 3));
        assertThat(one(Activation.relu(), empty).shape()).isEqualTo(Shape.of(2, 0, 3));
        assertThat(one(new Transpose(List.of(2, 0, 1)), empty).shape()).isEqualTo(Shape.of(3, 2, 0));
        assertThat(one(new Binary(Binary.Op.ADD), empty, floats(1, 2, 3)).shape())
                .isEqualTo(Shape.of(2, 0, 3));
        assertThat(one(new Reshape(Shape.of(0, 7)), empty).shape()).isEqualTo(Shape.of(0, 7));
        assertThat(one(new Concat(1), empty, counting(2, 1, 3)).toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(one(new Gather(1), empty, longs()).shape()).isEqualTo(Shape.of(2, 0, 3));
    }

    @Test
    void scalarsHaveOneElement() {
        Tensor scalar = Tensor.of(Shape.of(), 3);
        assertThat(one(new Binary(Binary.Op.MUL), scalar, scalar).toFloats()).containsExactly(9);
        assertThat(one(new Transpose(List.of()), scalar).toFloats()).containsExactly(3);
        assertThat(one(new Expand(Shape.of(2, 2)), scalar).toFloats()).containsExactly(3, 3, 3, 3);
        assertThat(one(new Reshape(Shape.of(1, 1)), scalar).shape()).isEqualTo(Shape.of(1, 1));
    }

    @Test
    void castsCutFractionsAndKeepLongs() {
        Tensor fractions = floats(2.9f, -2.9f, 0.5f, -0.5f, 300, 0);
        assertThat(one(new Cast(DataType.S64), fractions).toLongs()).containsExactly(2, -2, 0, 0, 300, 0);
        assertThat(one(new Cast(DataType.U8), fractions).toLongs()).containsExactly(2, 0, 0, 0, 255, 0);
        assertThat(one(new Cast(DataType.BOOL), fractions).toLongs()).containsExactly(1, 1, 1, 1, 1, 0);
        long odd = (1L << 53) + 1;
        assertThat(one(new Cast(DataType.S32), longs(odd)).toLongs()).containsExactly(1);
        assertThat(one(new Cast(DataType.S64), longs(odd)).toLongs()).containsExactly(odd);
        assertThat(one(new Cast(DataType.F32), longs(-7, 16777216)).toFloats()).containsExactly(-7, 16777216);
        Tensor narrow = one(new Cast(DataType.BF16), floats(257, 3));
        assertThat(narrow.get(0)).isEqualTo(256);
        assertThat(one(new Cast(DataType.F32), narrow).toFloats()).containsExactly(256, 3);
    }

    @Test
    void activationsOfFloatsAndWholeNumbers() {
        assertThat(one(Activation.relu(), floats(-1, 0, 2)).toFloats()).containsExactly(0, 0, 2);
        assertThat(one(Activation.hardSwish(), floats(-4, 0, 1, 4)).toFloats()).containsExactly(-0f, 0, 4f / 6, 4);
        long odd = (1L << 53) + 1;
        assertThat(one(Activation.of(Activation.Kind.NEGATE), longs(odd)).toLongs())
                .containsExactly(-odd);
        assertThat(one(Activation.of(Activation.Kind.ABS), longs(-odd)).toLongs())
                .containsExactly(odd);
        assertThat(one(Activation.clip(-1.5f, 2.5f), longs(-9, 1, 9)).toLongs()).containsExactly(-1, 1, 2);
        assertThat(one(Activation.of(Activation.Kind.SQRT), longs(17)).toLongs())
                .containsExactly(4);
        Tensor yes = one(new Cast(DataType.BOOL), longs(0, 5));
        assertThat(one(Activation.of(Activation.Kind.NOT), yes).toLongs()).containsExactly(1, 0);
    }

    @Test
    void anActivationMayWriteIntoItsInput() {
        Tensor tensor = counting(100_000);
        List<Tensor> both = List.of(tensor);
        Evaluator.evaluate(new Activation(Activation.Kind.LINEAR, 2, 1), both, both);
        assertThat(tensor.get(0)).isEqualTo(1);
        assertThat(tensor.get(99_999)).isEqualTo(199_999);
    }
}
