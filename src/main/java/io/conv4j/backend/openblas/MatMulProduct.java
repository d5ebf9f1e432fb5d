package io.conv4j.backend.openblas;

import io.conv4j.layer.MatMul;
import io.conv4j.tensor.Shape;
import java.nio.FloatBuffer;

/**
 * Matrix products over the last two axes, one for each batch; the axes before are broadcast. Where all batches are
 * multiplied with the same matrix, their rows are those of one tall matrix.
 */
final class MatMulProduct implements Multiplication {
    private final int[] batchOfA;
    private final int[] batchOfB;
    private final int rows;
    private final int depth;
    private final int columns;
    private final Tiles tiles;

    MatMulProduct(Shape a, Shape b, Shape dst, int threads) {
        Shape batches = MatMul.batches(dst);
        boolean tall = MatMul.batches(b).elements() == 1 && MatMul.batches(a).elements() == batches.elements();
        this.batchOfA = tall ? new int[1] : MatMul.operandBatches(a, dst);
        this.batchOfB = tall ? new int[1] : MatMul.operandBatches(b, dst);
        this.rows = tall ? batches.elements() * dst.extent(-2) : dst.extent(-2);
        this.depth = a.extent(-1);
        this.columns = dst.extent(-1);
        this.tiles = Tiles.of(rows, columns, (threads + batchOfA.length - 1) / batchOfA.length);
    }

    @Override
    public String algorithm() {
        return "sgemm";
    }

    @Override
    public long calls() {
        return (long) batchOfA.length * tiles.count();
    }

    @Override
    public void run(Run run) {
        FloatBuffer a = run.source(0);
        FloatBuffer b = run.source(1);
        FloatBuffer dst = run.dst().floats();
        run.workers().forEach(batchOfA.length * tiles.count(), tiles.work(depth), i -> {
            int batch = i / tiles.count();
            tiles.multiply(
                    i % tiles.count(),
                    Matrix.dense(a, batchOfA[batch] * rows * depth, rows, depth),
                    Matrix.dense(b, batchOfB[batch] * depth * columns, depth, columns),
                    Matrix.dense(dst, batch * rows * columns, rows, columns),
                    false);
        });
    }
}
