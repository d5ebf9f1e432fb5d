package io.conv4j.evaluate;

import static io.conv4j.evaluate.EvaluatorTest.counting;
import static io.conv4j.evaluate.EvaluatorTest.floats;
import static io.conv4j.evaluate.EvaluatorTest.longs;
import static io.conv4j.evaluate.EvaluatorTest.one;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Gather;
import io.conv4j.layer.GatherElements;
import io.conv4j.layer.Slice;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class MovesTest {
    @Test
    void transposesEveryElementSize() {
        for (DataType type : DataType.values()) {
            Tensor src = one(new Cast(type), counting(2, 3));
            Tensor dst = one(new Transpose(List.of(1, 0)), src);
            double[] wanted = type == DataType.BOOL ? new double[] {0, 1, 1, 1, 1, 1} : new double[] {0, 3, 1, 4, 2, 5};
            for (int i = 0; i < wanted.length; i++) {
                assertThat(dst.get(i)).as("%s %d", type, i).isEqualTo(wanted[i]);
            }
        }
    }

    @Test
    void transposesLargeImagesInSeveralThreads() {
        int height = 217;
        int width = 331;
        Tensor dst = one(new Transpose(List.of(0, 2, 3, 1)), counting(1, 3, height, width));
        for (int i = 0; i < dst.shape().elements(); i++) {
            assertThat(dst.get(i)).isEqualTo(i % 3 * height * width + i / 3);
        }
    }

    @Test
    void slicesForwardsBackwardsAndInSteps() {
        Slice slice = new Slice(List.of(1, 4), List.of(1, -2), List.of(2, 3));
        assertThat(one(slice, counting(3, 5)).toFloats()).containsExactly(9, 7, 5, 14, 12, 10);
        Slice none = new Slice(List.of(3, 0), List.of(1, 1), List.of(0, 5));
        assertThat(one(none, counting(3, 5)).shape()).isEqualTo(Shape.of(0, 5));
    }

    @Test
    void expandsAxesOfOne() {
        Tensor column = Tensor.of(Shape.of(2, 1), 1, 2);
        assertThat(one(new Expand(Shape.of(3)), column).toFloats()).containsExactly(1, 1, 1, 2, 2, 2);
        assertThat(one(new Expand(Shape.of(2, 1, 1)), column).toFloats()).containsExactly(1, 2, 1, 2);
    }

    @Test
    void concatenatesAlongAnyAxis() {
        Tensor a = counting(2, 2);
        Tensor b = Tensor.of(Shape.of(2, 1), 8, 9);
        assertThat(one(new Concat(-1), a, b, a).toFloats()).containsExactly(0, 1, 8, 0, 1, 2, 3, 9, 2, 3);
        assertThat(one(new Concat(0), a, a).toFloats()).containsExactly(0, 1, 2, 3, 0, 1, 2, 3);
        assertThat(one(new Concat(0), longs(Long.MIN_VALUE + 1), longs(4)).toLongs())
                .containsExactly(Long.MIN_VALUE + 1, 4);
    }

    @Test
    void gathersElementsOneByOne() {
        Tensor src = counting(3, 4);
        Tensor columns = Tensor.ofLongs(Shape.of(2, 3), 3, 0, -1, -4, 1, 2);
        Tensor rows = Tensor.ofLongs(Shape.of(1, 4), 2, 0, -2, 1);

        assertThat(one(new GatherElements(-1), src, columns).toFloats()).containsExactly(3, 0, 3, 4, 5, 6);
        assertThat(one(new GatherElements(0), src, rows).toFloats()).containsExactly(8, 1, 6, 7);
        assertThat(one(new GatherElements(0), floats(7, 8), longs(1, 1, 0, -2)).toFloats())
                .containsExactly(8, 8, 7, 7);
        assertThatThrownBy(() -> one(new GatherElements(1), src, Tensor.ofLongs(Shape.of(1, 1), -5)))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("GatherElements: index -5 is not in axis 1 of 3x4");
    }

    @Test
    void gathersSlicesAndScalars() {
        Tensor src = counting(2, 3);
        assertThat(one(new Gather(1), src, longs(2, -3)).toFloats()).containsExactly(2, 0, 5, 3);
        assertThat(one(new Gather(0), src, longs(1)).toFloats()).containsExactly(3, 4, 5);
        Tensor scalar = one(new Gather(0), floats(7, 8, 9), Tensor.ofLongs(Shape.of(), -1));
        assertThat(scalar.shape()).isEqualTo(Shape.of());
        assertThat(scalar.get(0)).isEqualTo(9);
        assertThatThrownBy(() -> one(new Gather(1), src, longs(3)))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("Gather: index 3 is not in axis 1 of 2x3");
    }

    @Test
    void depthToSpaceInBothOrders() {
        // The example of the ONNX specification: 8 channels of 2x3 become 2 of 4x6.
        Tensor src = Tensor.zeros(DataType.F32, Shape.of(1, 8, 2, 3));
        for (int i = 0; i < 48; i++) {
            src.set(i, i / 6 * 9 + i % 6);
        }
        float[] depthFirst = one(new DepthToSpace(2, false), src).toFloats();
        assertThat(depthFirst).startsWith(0, 18, 1, 19, 2, 20, 36, 54, 37, 55, 38, 56, 3, 21, 4, 22, 5, 23);
        float[] columnFirst = one(new DepthToSpace(2, true), src).toFloats();
        assertThat(columnFirst).startsWith(0, 9, 1, 10, 2, 11, 18, 27, 19, 28, 20, 29, 3, 12, 4, 13, 5, 14);
    }

    @Test
    void spaceToDepthInvertsDepthToSpace() {
        Tensor src = counting(2, 12, 3, 5);
        Tensor there = one(new DepthToSpace(2, false), src);
        assertThat(one(new SpaceToDepth(2), there).toFloats()).isEqualTo(src.toFloats());
        assertThat(one(new SpaceToDepth(2), counting(1, 1, 2, 4)).toFloats()).containsExactly(0, 2, 1, 3, 4, 6, 5, 7);
    }
}
