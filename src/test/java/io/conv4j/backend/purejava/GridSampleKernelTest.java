package io.conv4j.backend.purejava;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.layer.GridSample;
import io.conv4j.layer.GridSample.Outside;
import io.conv4j.layer.Resize.Interpolation;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class GridSampleKernelTest {
    private static final Tensor LINE = Tensor.of(Shape.of(1, 1, 4), 10, 20, 30, 40);

    /** Samples at positions given in elements. */
    private static float[] sample(Interpolation interpolation, Outside outside, boolean align, float... positions) {
        Tensor grid = Tensor.of(Shape.of(1, positions.length, 1), positions);
        for (int i = 0; i < positions.length; i++) {
            grid.set(i, align ? positions[i] / 1.5 - 1 : (positions[i] + 0.5) / 2 - 1);
        }
        return SingleStep.run(new GridSample(interpolation, outside, align), LINE, grid)
                .toFloats();
    }

    @Test
    void aroundALineLieZerosItsBorderOrItsMirrorImage() {
        assertThat(sample(Interpolation.LINEAR, Outside.ZEROS, false, -2, -0.5f, 0, 1.5f, 3.5f, 9))
                .containsExactly(0, 5, 10, 25, 20, 0);
        assertThat(sample(Interpolation.LINEAR, Outside.BORDER, false, -9, -0.5f, 3.5f, 9))
                .containsExactly(10, 10, 40, 40);
        assertThat(sample(Interpolation.NEAREST, Outside.REFLECTION, false, -1, -2, -4, -5, -9, 4, 7, 8, 9))
                .containsExactly(10, 20, 40, 40, 10, 40, 10, 10, 20);
        assertThat(sample(Interpolation.NEAREST, Outside.REFLECTION, true, -1, -3, -4, -6, 4, 6, 7))
                .containsExactly(20, 40, 30, 10, 30, 10, 20);
    }

    @Test
    void elementsAreMetExactly() {
        for (Interpolation interpolation : Interpolation.values()) {
            for (Outside outside : Outside.values()) {
                assertThat(sample(interpolation, outside, false, 0, 1, 2, 3)).containsExactly(10, 20, 30, 40);
            }
        }
    }

    @Test
    void positionsThatAreNoneReadNothingBeyondTheTensor() {
        float[] hostile = {
            Float.NaN,
            Float.NEGATIVE_INFINITY,
            Float.POSITIVE_INFINITY,
            -Float.MAX_VALUE,
            Float.MAX_VALUE,
            1e10f,
            -3e9f,
            Float.MIN_VALUE
        };
        for (Interpolation interpolation : Interpolation.values()) {
            for (boolean align : new boolean[] {false, true}) {
                Tensor grid = Tensor.of(Shape.of(1, hostile.length, 1), hostile);
                for (Outside outside : Outside.values()) {
                    GridSample layer = new GridSample(interpolation, outside, align);
                    for (float value : SingleStep.run(layer, LINE, grid).toFloats()) {
                        assertThat(value).as("%s", layer).isBetween(0f, 42f);
                    }
                }
                assertThat(SingleStep.run(new GridSample(interpolation, Outside.ZEROS, align), LINE, grid)
                                .toFloats())
                        .startsWith(0, 0, 0, 0, 0, 0, 0);
                assertThat(SingleStep.run(new GridSample(interpolation, Outside.BORDER, align), LINE, grid)
                                .toFloats())
                        .startsWith(10, 10, 40, 10, 40, 40, 10);
            }
        }
    }

    @Test
    void oneElementIsMirroredToItself() {
        Tensor one = Tensor.of(Shape.of(1, 1, 1), 7);
        Tensor grid = Tensor.of(Shape.of(1, 3, 1), -8, 0, 8);
        for (boolean align : new boolean[] {false, true}) {
            assertThat(SingleStep.run(new GridSample(Interpolation.CUBIC, Outside.REFLECTION, align), one, grid)
                            .toFloats())
                    .containsExactly(7, 7, 7);
        }
    }

    @Test
    void aVolumeIsInterpolatedAlongEachAxisInnermostFirst() {
        Tensor src = Tensor.of(Shape.of(1, 1, 2, 2, 2), 0, 1, 10, 11, 100, 101, 110, 111);
        Tensor grid = Tensor.of(Shape.of(1, 1, 1, 2, 3), 0, -1, 1, 1, 0.5f, -0.5f);
        assertThat(SingleStep.run(new GridSample(Interpolation.LINEAR, Outside.ZEROS, true), src, grid)
                        .toFloats())
                .containsExactly(100.5f, 33.5f);
    }

    @Test
    void whatIsNotAskedForDoesNotSpoilResults() {
        Tensor src = Tensor.of(Shape.of(1, 1, 3), 1, Float.NaN, 3);
        Tensor grid = Tensor.of(Shape.of(1, 2, 1), -1, 1);
        assertThat(SingleStep.run(new GridSample(Interpolation.LINEAR, Outside.ZEROS, true), src, grid)
                        .toFloats())
                .containsExactly(1, 3);
    }

    @Test
    void noPositionsMakeNothing() {
        Tensor grid = Tensor.of(Shape.of(1, 0, 1));
        assertThat(SingleStep.run(new GridSample(Interpolation.LINEAR, Outside.ZEROS, true), LINE, grid)
                        .shape())
                .isEqualTo(Shape.of(1, 1, 0));
    }
}
