package io.conv4j.backend.openblas;

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
        Shape batches = batches(dst);
        boolean tall = batches(b).elements() == 1 && batches(a).elements() == batches.elements();
        this.batchOfA = tall ? new int[1] : broadcast(batches(a), batches);
        this.batchOfB = tall ? new int[1] : broadcast(batches(b), batches);
        this.rows = tall ? batches.elements() * dst.extent(-2) : dst.extent(-2);
        this.depth = a.extent(-1);
        this.columns = dst.extent(-1);
        this.tiles = Tiles.of(rows, columns, (threads + batchOfA.length - 1) / batchOfA.length);
    }

    private static Shape batches(Shape shape) {
        return shape.with(-1, 1).with(-2, 1);
    }

    /** For each batch of the result the operand's that goes with it. */
    private static int[] broadcast(Shape operand, Shape result) {
        int[] batches = new int[result.elements()];
        int[] strides = operand.strides();
        for (int batch = 0; batch < batches.length; batch++) {
            int rest = batch;
            for (int axis = 1; axis <= result.rank(); axis++) {
                int index = rest % result.extent(-axis);
                rest /= result.extent(-axis);
                if (axis <= operand.rank() && operand.extent(-axis) > 1) {
                    batches[batch] += index * strides[operand.rank() - axis];
                }
            }
        }
        return batches;
    }

    @Override
    public String algorithm() {
        return "sgemm";
    }

    @Override
    public int panelElements() {
        return 0;
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
