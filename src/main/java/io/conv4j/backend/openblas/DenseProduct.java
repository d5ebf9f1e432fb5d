package io.conv4j.backend.openblas;

import io.conv4j.tensor.Shape;
import java.nio.FloatBuffer;

/** A fully connected layer: dst [N, Cout] = src [N, K] · weightsᵀ [K, Cout] + bias. */
final class DenseProduct implements Multiplication {
    private final int images;
    private final int depth;
    private final int outputs;
    private final Tiles tiles;

    DenseProduct(Shape src, Shape dst, int threads) {
        this.images = src.extent(0);
        this.depth = src.extent(1);
        this.outputs = dst.extent(1);
        this.tiles = Tiles.of(images, outputs, threads);
    }

    @Override
    public String algorithm() {
        return "sgemm";
    }

    @Override
    public long calls() {
        return tiles.count();
    }

    @Override
    public void run(Run run) {
        FloatBuffer dst = run.dst().floats();
        if (run.hasBias()) {
            for (int image = 0; image < images; image++) {
                Spans.copy(run.source(2), 0, 1, dst, image * outputs, outputs);
            }
        }
        Matrix a = Matrix.dense(run.source(0), 0, images, depth);
        Matrix b = Matrix.dense(run.source(1), 0, outputs, depth).transpose();
        Matrix c = Matrix.dense(dst, 0, images, outputs);
        run.workers().forEach(tiles.count(), tiles.work(depth), tile -> tiles.multiply(tile, a, b, c, run.hasBias()));
    }
}
