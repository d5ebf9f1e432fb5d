package io.conv4j.backend.openblas;

import io.conv4j.layer.Convolution;
import io.conv4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.stream.LongStream;

/**
 * A convolution: for each image and group dst [Cout/groups, positions] = weights [Cout/groups, Cin/groups · taps] · unrolled
 * src (Chellapilla, Puri and Simard 2006, <i>High performance convolutional neural networks for document processing</i>).
 * Where the window does nothing but copy, src is multiplied as it lies.
 */
final class ConvolutionProduct implements Multiplication {
    private final int images;
    private final int groups;
    private final int inputs;
    private final int outputs;
    private final int depth;
    private final boolean pointwise;
    private final int threads;
    private final Unrolling unrolling;
    private final Panel panel;

    /**
     * Prepares a convolution.
     *
     * @param src [N, Cin, spatial…]
     * @param dst [N, Cout, spatial…]
     */
    ConvolutionProduct(Convolution layer, Shape src, Shape dst, int threads) {
        this.images = src.extent(0);
        this.groups = layer.groups();
        this.inputs = src.extent(1) / groups;
        this.outputs = dst.extent(1) / groups;
        this.depth = inputs * layer.window().taps();
        this.pointwise = layer.window().isPointwise();
        this.threads = threads;
        this.unrolling = new Unrolling(layer.window(), dst, src);
        int positions = Math.max(1, unrolling.positions());
        this.panel = pointwise
                ? new Panel(new Cut(positions, positions), new Cut(groups, groups), new Cut(depth, depth))
                : Panel.of(positions, groups, depth);
    }

    @Override
    public String algorithm() {
        return pointwise ? "sgemm" : "im2col+sgemm";
    }

    @Override
    public int panelElements() {
        return pointwise ? 0 : panel.elements();
    }

    @Override
    public long calls() {
        return images
                * LongStream.range(0, panel.columns().count())
                        .map(column ->
                                tiles(panel.columns().length((int) column)).count())
                        .sum()
                * groups
                * panel.depth().count();
    }

    private Tiles tiles(int columns) {
        int side = panel.groups().size();
        return Tiles.of(outputs, columns, (threads + side - 1) / side);
    }

    @Override
    public void run(Run run) {
        FloatBuffer dst = run.dst().floats();
        for (int image = 0; image < images; image++) {
            if (run.hasBias()) {
                run.fillWithBias(dst, image, groups * outputs, unrolling.positions());
            }
            for (long i = 0; i < panel.count(); i++) {
                Panel.Part part = panel.part(i);
                if (!pointwise) {
                    unroll(run, image, part);
                }
                multiply(run, image, part, dst);
            }
        }
    }

    private void unroll(Run run, int image, Panel.Part part) {
        FloatBuffer src = run.source(0);
        int width = part.columns().length();
        int firstRow = part.groups().first() * depth + part.depth().first();
        run.workers().forEach(part.rows(), width / 2, i -> {
            int row = firstRow + i;
            int channel = image * groups * inputs + row / unrolling.taps();
            Unrolling.Slice slice =
                    new Unrolling.Slice(row % unrolling.taps(), part.columns().first(), width);
            unrolling.gather(src, channel * unrolling.plane(), slice, run.panel(), i * width);
        });
    }

    private void multiply(Run run, int image, Panel.Part part, FloatBuffer dst) {
        FloatBuffer weights = run.source(1);
        FloatBuffer src = run.source(0);
        boolean add = run.hasBias() || part.depth().first() > 0;
        int width = part.columns().length();
        int positions = unrolling.positions();
        Tiles tiles = tiles(width);
        int count = part.groups().length() * tiles.count();
        run.workers().forEach(count, tiles.work(part.depth().length()), i -> {
            int local = i / tiles.count();
            int group = part.groups().first() + local;
            int channel = image * groups + group;
            Matrix a = Matrix.dense(weights, group * outputs * depth, outputs, depth)
                    .columns(part.depth().first(), part.depth().length());
            Matrix b = pointwise
                    ? Matrix.dense(src, channel * inputs * positions, inputs, positions)
                    : Matrix.dense(run.panel(), part.offset(local), part.depth().length(), width);
            Matrix c = Matrix.dense(dst, channel * outputs * positions, outputs, positions)
                    .columns(part.columns().first(), width);
            tiles.multiply(i % tiles.count(), a, b, c, add);
        });
    }
}
