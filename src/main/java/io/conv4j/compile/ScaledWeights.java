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
        FloatBuffer products = dst.asFloatBuffer();
        multiply(0, dst);
        float[] block = new float[BLOCK];
        boolean finite = true;
        while (finite && products.hasRemaining()) {
            int size = Math.min(block.length, products.remaining());
            products.get(block, 0, size);
            finite = areFinite(block, size);
        }
        return finite;
    }

    /** Fills the buffer with products. */
    private void multiply(int first, ByteBuffer dst) {
        int count = dst.remaining() / Float.BYTES;
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Math.min(count, BLOCK) * Float.BYTES).order(ByteOrder.nativeOrder());
        FloatBuffer from = bytes.asFloatBuffer();
        float[] block = new float[Math.min(count, BLOCK)];
        FloatBuffer to = dst.asFloatBuffer();
        for (int done = 0; done < count; done += block.length) {
            int size = Math.min(block.length, count - done);
            weights.copyTo((long) (first + done) * Float.BYTES, bytes.clear().limit(size * Float.BYTES));
            from.get(0, block, 0, size);
            multiplyRows(block, size, first + done);
            to.put(done, block, 0, size);
        }
        dst.position(dst.limit());
    }

    private void multiplyRows(float[] block, int size, int first) {
        for (int start = 0; start < size; ) {
            int index = (first + start) / row;
            int end = Math.min(size, (index + 1) * row - first);
            multiply(block, start, end, factors[index % factors.length]);
            start = end;
        }
    }

    /** As short as it can be: when a first session starts, an interpreter runs it. */
    private static void multiply(float[] numbers, int start, int end, double factor) {
        for (int i = start; i < end; i++) {
            numbers[i] = (float) (numbers[i] * factor);
        }
    }

    private static boolean areFinite(float[] numbers, int count) {
        int largest = 0;
        for (int i = 0; i < count; i++) {
            // Bits of magnitudes are ordered as magnitudes are, infinity and NaN above all others.
            largest = Math.max(largest, Float.floatToRawIntBits(numbers[i]) & Integer.MAX_VALUE);
        }
        return largest < INFINITY;
    }
}
