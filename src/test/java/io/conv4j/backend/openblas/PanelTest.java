package io.conv4j.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.Parity;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Unrolled tensors that do not fit one panel. */
class PanelTest {
    private static final int BOUND = 1 << 18;

    @Test
    void partsCoverEverythingOnceAndAreBounded() {
        Random random = new Random(5);
        for (int i = 0; i < 300; i++) {
            int positions = 1 + random.nextInt(3000);
            int groups = 1 + random.nextInt(50);
            int depth = 1 + random.nextInt(i % 2 == 0 ? 100 : 3000);
            Panel panel = Panel.of(positions, groups, depth);
            assertThat(panel.elements()).isBetween(1, BOUND);
            int[] seen = new int[groups * depth];
            long elements = 0;
            for (long part = 0; part < panel.count(); part++) {
                Panel.Part each = panel.part(part);
                assertThat(each.rows() * each.columns().length()).isLessThanOrEqualTo(panel.elements());
                assertThat(each.groups().length() == 1 || each.depth().length() == depth)
                        .as("several groups in whole")
                        .isTrue();
                elements += (long) each.rows() * each.columns().length();
                if (each.columns().first() == 0) {
                    count(each, depth, seen);
                }
            }
            assertThat(seen).containsOnly(1);
            assertThat(elements).isEqualTo((long) positions * groups * depth);
        }
    }

    private static void count(Panel.Part part, int depth, int[] seen) {
        int first = part.groups().first() * depth + part.depth().first();
        for (int row = first; row < first + part.rows(); row++) {
            seen[row]++;
        }
    }

    @Test
    void hugeExtentsStayBounded() {
        for (int[] each :
                new int[][] {{1, 1, 1 << 30}, {1 << 30, 1, 1}, {1 << 30, 1 << 15, 1 << 15}, {300, 1, 1 << 30}}) {
            Panel panel = Panel.of(each[0], each[1], each[2]);
            assertThat(panel.elements()).isBetween(1, BOUND);
        }
    }

    @Test
    void convolutionsOfManyPanelsAreExact() {
        Window square = Window.square(3).pad(1);
        Window uneven = new Window(List.of(new Axis(3, 2, 1, 0, 2), new Axis(4, 1, 2, 3, 1)));
        require(new Convolution(square), Shape.of(2, 130, 17, 17), 5);
        require(new Convolution(uneven), Shape.of(1, 120, 31, 40), 3);
        require(new Convolution(square, 40), Shape.of(1, 320, 20, 20), 80);
        require(new Convolution(square, 2), Shape.of(1, 320, 18, 17), 6);
        require(new Convolution(Window.of(9).pad(4)), Shape.of(1, 130, 700), 4);
        require(new Convolution(Window.of(3, 3, 3).pad(1)), Shape.of(1, 40, 5, 9, 11), 4);
        require(new Convolution(Window.square(3).pad(2).dilation(3), 3), Shape.of(2, 390, 20, 19), 6);
    }

    @Test
    void transposedConvolutionsOfManyPanelsAreExact() {
        Window square = Window.square(7).stride(2).pad(3);
        require(new TransposedConvolution(square, 1, List.of(1, 1)), Shape.of(2, 3, 17, 19), 40);
        require(new TransposedConvolution(square, 4, List.of(0, 1)), Shape.of(1, 8, 20, 20), 80);
        require(new TransposedConvolution(Window.of(25).stride(3)), Shape.of(1, 5, 600), 60);
        Window cube = Window.of(3, 4, 5).stride(2).dilation(2);
        require(new TransposedConvolution(cube), Shape.of(1, 3, 5, 7, 9), 20);
        require(
                new TransposedConvolution(Window.square(9).stride(3).pad(3), 1, List.of(0, 0)),
                Shape.of(1, 8, 60, 70),
                1);
    }

    private static void require(Layer layer, Shape src, int outputs) {
        ConvolutionCase each = new ConvolutionCase(layer, src, outputs, outputs % 2 == 0);
        Tensor[] sources = each.integers(new Random(outputs), 4);
        for (int threads : new int[] {1, 2, 5}) {
            new Parity(new OpenblasBackend(), threads)
                    .require(
                            ConvolutionGrid.graph(each, sources),
                            List.of(sources[0]),
                            0,
                            threads + " threads: " + each);
        }
    }
}
