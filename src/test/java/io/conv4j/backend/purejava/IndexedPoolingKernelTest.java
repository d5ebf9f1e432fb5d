package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.Axis;
import io.conv4j.layer.MaxPoolingWithIndices;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IndexedPoolingKernelTest {
    private static List<Tensor> run(Window window, boolean columnMajor, Tensor src) {
        return new SingleStep(new MaxPoolingWithIndices(window, false, columnMajor), src).runAll(1);
    }

    @Test
    void theFirstOfEqualElementsAndWhatIsNotANumberAreFound() {
        float nan = Float.NaN;
        float low = Float.NEGATIVE_INFINITY;
        Tensor src = Tensor.of(Shape.of(1, 2, 6), 1, 1, low, low, 7, nan, nan, 9, 3, nan, 5, 6);
        List<Tensor> pooled = run(Window.of(2).stride(2), false, src);

        assertThat(pooled.get(0).toFloats()).containsExactly(1, low, nan, nan, nan, 6);
        assertThat(pooled.get(1).toLongs()).containsExactly(0, 2, 5, 6, 9, 11);
    }

    @Test
    void aWindowWithoutElementsHasNoPlace() {
        Window stepsOver = new Window(List.of(new Axis(2, 1, 3, 1, 2)));
        List<Tensor> pooled = run(stepsOver, false, Tensor.of(Shape.of(1, 1, 1), 4));

        assertThat(pooled.get(0).toFloats()).containsExactly(Float.NEGATIVE_INFINITY);
        assertThat(pooled.get(1).toLongs()).containsExactly(-1);
    }

    @Test
    void indicesCountAlongTheFirstAxisFirstOnRequest() {
        Tensor src = Tensor.zeros(DataType.F32, Shape.of(1, 2, 2, 3, 4));
        src.set(23, 5);
        src.set(24 + 6, 5);
        Window whole = Window.of(2, 3, 4);

        assertThat(run(whole, false, src).get(1).toLongs()).containsExactly(23, 24 + 6);
        // Element 6 is at depth 0, row 1, column 2.
        assertThat(run(whole, true, src).get(1).toLongs()).containsExactly(23, 24 + (2 * 3 + 1) * 2);
    }

    @Test
    void maximaAreThoseOfAPoolingAndLieWhereTheIndicesSay() {
        Random random = new Random(3);
        Tensor src = Tensor.zeros(DataType.F32, Shape.of(3, 5, 9, 11));
        for (int i = 0; i < src.shape().elements(); i++) {
            src.set(i, random.nextInt(20) - 10);
        }
        Window window = new Window(List.of(new Axis(3, 2, 1, 1, 2), new Axis(2, 3, 2, 0, 1)));
        for (boolean ceil : new boolean[] {false, true}) {
            List<Tensor> pooled = new SingleStep(new MaxPoolingWithIndices(window, ceil, false), src).runAll(3);
            Tensor plain = SingleStep.run(new Pooling(Pooling.Kind.MAX, window, ceil), src);

            assertThat(pooled.get(0).toFloats()).isEqualTo(plain.toFloats());
            for (int i = 0; i < plain.shape().elements(); i++) {
                assertThat(src.get((int) pooled.get(1).getLong(i))).isEqualTo(plain.get(i));
            }
        }
    }
}
