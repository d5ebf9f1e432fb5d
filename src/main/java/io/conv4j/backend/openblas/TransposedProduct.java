package io.conv4j.backend.openblas;

import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.stream.LongStream;

/**
 * A transposed convolution: for each image and group weightsᵀ [Cout/groups · taps, Cin/groups] · src [Cin/groups, positions]
 * is what every input adds to the outputs; these numbers are then added up where they belong. Where the window does nothing
 * but copy, they are the result.
 */
final class TransposedProduct implements Multiplication {
    private final int images;
    private final int groups;
    private final int inputs;
    private final int outputs;
    private final boolean pointwise;
    private final int threads;
    private final Unrolling unrolling;
    private final Panel panel;

    /**
     * Prepares a transposed convolution.
     *
     * @param src [N, Cin, spatial…]
     * @param dst [N, Cout, spatial…]
     */
    TransposedProduct(TransposedConvolution layer, Shape src, Shape dst, int threads) {
        this.images = src.extent(0);
        this.groups = layer.groups();
        this.inputs = src.extent(1) / groups;
        this.outputs = dst.extent(1) / groups;
        this.threads = threads;
        this.unrolling = new Unrolling(layer.window(), src, dst);
        this.pointwise = layer.window().isPointwise() && unrolling.positions() == unrolling.plane();
        int positions = Math.max(1, unrolling.positions());
        int rows = outputs * unrolling.taps();
        this.panel = pointwise
                ? new Panel(new Cut(positions, positions), new Cut(groups, groups), new Cut(rows, rows))
                : Panel.of(positions, groups, rows);
    }

    @Override
    public String algorithm() {
        return pointwise ? "sgemm" : "sgemm+col2im";
    }

    @Override
    public int panelElements() {
        return pointwise ? 0 : panel.elements();
    }

    @Override
    public long calls() {
        long columns = 0;
        for (int column = 0; column < panel.columns().count(); column++) {
            int width = panel.columns().length(column);
            columns += LongStream.range(0, panel.depth().count())
                    .map(piece ->
                            tiles(panel.depth().length((int) piece), width).count())
                    .sum();
        }
        return images * columns * groups;
    }

    private Tiles tiles(int rows, int columns) {
        int side = panel.groups().size();
        return Tiles.of(rows, columns, (threads + side - 1) / side);
    }

    @Override
    public void run(Run run) {
        FloatBuffer dst = run.dst().floats();
        for (int image = 0; image < images; image++) {
            if (run.hasBias() || !pointwise) {
                run.fillWithBias(dst, image, groups * outputs, unrolling.plane());
            }
            for (long i = 0; i < panel.count(); i++) {
                Panel.Part part = panel.part(i);
                multiply(run, image, part);
                if (!pointwise) {
                    addUp(run, image, part);
                }
            }
        }
    }

    private void multiply(Run run, int image, Panel.Part part) {
        FloatBuffer weights = run.source(1);
        FloatBuffer src = run.source(0);
        FloatBuffer product = pointwise ? run.dst().floats() : run.panel();
        int start = pointwise ? image * groups * outputs * unrolling.plane() : 0;
        int rows = part.depth().length();
        int width = part.columns().length();
        Tiles tiles = tiles(rows, width);
        run.workers().forEach(part.groups().length() * tiles.count(), tiles.work(inputs), i -> {
            int local = i / tiles.count();
            int group = part.groups().first() + local;
            int depth = outputs * unrolling.taps();
            Matrix a = Matrix.dense(weights, group * inputs * depth, inputs, depth)
                    .transpose()
                    .rows(part.depth().first(), rows);
            int channel = (image * groups + group) * inputs;
            Matrix b = Matrix.dense(src, channel * unrolling.positions(), inputs, unrolling.positions())
                    .columns(part.columns().first(), width);
            Matrix c = Matrix.dense(product, start + part.offset(local), rows, width);
            tiles.multiply(i % tiles.count(), a, b, c, pointwise && run.hasBias());
        });
    }

    /** Adds the panel to the outputs: every plane, or band of a plane, by one thread, tap after tap. */
    private void addUp(Run run, int image, Panel.Part part) {
        int taps = unrolling.taps();
        int firstRow = part.groups().first() * outputs * taps + part.depth().first();
        int firstPlane = firstRow / taps;
        int planes = (firstRow + part.rows() - 1) / taps - firstPlane + 1;
        Cut bands = Cut.into((threads + planes - 1) / planes, unrolling.stillRows(), 1);
        FloatBuffer dst = run.dst().floats();
        int width = part.columns().length();
        long work = (long) Math.min(taps, part.rows()) * width / bands.count();
        run.workers().forEach(planes * bands.count(), work, i -> {
            int plane = firstPlane + i / bands.count();
            int first = bands.first(i % bands.count());
            Unrolling.Band band = new Unrolling.Band(
                    (image * groups * outputs + plane) * unrolling.plane(),
                    first,
                    first + bands.length(i % bands.count()));
            int end = Math.min((plane + 1) * taps, firstRow + part.rows());
            for (int row = Math.max(plane * taps, firstRow); row < end; row++) {
                Unrolling.Slice slice =
                        new Unrolling.Slice(row % taps, part.columns().first(), width);
                unrolling.scatter(run.panel(), (row - firstRow) * width, slice, dst, band);
            }
        });
    }
}
