package io.conv4j.compile;

import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Weights times a factor per row, in double and rounded once. */
final class ScaledWeights implements TensorSource {
    /** Elements at a time, in an array: buffers are slow until the JVM has compiled their use. */
    private static final int BLOCK = 4096;

    private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private final Tensor weights;
    private final double[] factors;
    private final int row;

    /**
     * The products.
     *
     * @param factors kept, not copied; after the last row that has one the first comes again
     * @param row elements of a row
     */
    ScaledWeights(Tensor weights, double[] factors, int row) {
        this.weights = weights;
        this.factors = factors;
        this.row = row;
    }

    @Override
    public void read(long offset, ByteBuffer dst) {
        multiply((int) (offset / Float.BYTES), dst);
    }

    /** Writes all products; false if one is infinite or NaN. */
    boolean multiplyInto(ByteBuffer dst) {
        return multiply(0, dst) < INFINITY;
    }

    /** Fills the buffer with products; the largest magnitude of them, as bits, which are ordered as magnitudes are. */
    private int multiply(int first, ByteBuffer dst) {
        int count = dst.remaining() / Float.BYTES;
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Math.min(count, BLOCK) * Float.BYTES).order(ByteOrder.nativeOrder());
        FloatBuffer from = bytes.asFloatBuffer();
        float[] block = new float[Math.min(count, BLOCK)];
        FloatBuffer to = dst.asFloatBuffer();
        int largest = 0;
        for (int done = 0; done < count; done += block.length) {
            int size = Math.min(block.length, count - done);
            weights.copyTo((long) (first + done) * Float.BYTES, bytes.clear().limit(size * Float.BYTES));
            from.get(0, block, 0, size);
            largest = Math.max(largest, multiplyRows(block, size, first + done));
            to.put(done, block, 0, size);
        }
        dst.position(dst.limit());
        return largest;
    }

    private int multiplyRows(float[] block, int size, int first) {
        int largest = 0;
        for (int start = 0; start < size; ) {
            int index = (first + start) / row;
            int end = Math.min(size, (index + 1) * row - first);
            largest = Math.max(largest, multiply(block, start, end, factors[index % factors.length]));
            start = end;
        }
        return largest;
    }

    private static int multiply(float[] numbers, int start, int end, double factor) {
        int largest = 0;
        for (int i = start; i < end; i++) {
            float product = (float) (numbers[i] * factor);
            numbers[i] = product;
            largest = Math.max(largest, Float.floatToRawIntBits(product) & Integer.MAX_VALUE);
        }
        return largest;
    }
}
