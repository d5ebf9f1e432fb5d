package io.conv4j.compile;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** By how much products with constant weights change the mean square of numbers that do not correlate. */
final class WeightSquares {
    private static final int BLOCK_BYTES = 16 << 10;

    private WeightSquares() {}

    /** The sum of the squares of the weights that meet in one dst element, on average; NaN if a step has no such weights. */
    static double perElement(Plan plan, Step step) {
        Tensor weights = step.sources().size() < 2
                ? null
                : plan.constants().get(step.sources().get(1));
        if (weights == null || weights.type().type() != DataType.F32) {
            return Double.NaN;
        }
        Shape shape = weights.shape();
        if (step.layer() instanceof Convolution || step.layer() instanceof Dense) {
            return sum(weights) / shape.extent(0);
        }
        if (step.layer() instanceof TransposedConvolution layer) {
            // Each src element meets all of its channel's weights, and there are fewer of these than dst elements.
            double parts = shape.extent(1) * (double) layer.groups();
            for (Axis axis : layer.window().axes()) {
                parts *= axis.stride();
            }
            return sum(weights) / parts;
        }
        return Double.NaN;
    }

    /** Block by block: weights may be in a file still, and stay there. */
    private static double sum(Tensor weights) {
        double sum = 0;
        long bytes = weights.type().bytes();
        ByteBuffer block =
                ByteBuffer.allocateDirect((int) Math.min(bytes, BLOCK_BYTES)).order(ByteOrder.nativeOrder());
        FloatBuffer numbers = block.asFloatBuffer();
        for (long done = 0; done < bytes; done += block.limit()) {
            weights.copyTo(done, block.clear().limit((int) Math.min(BLOCK_BYTES, bytes - done)));
            for (int i = 0; i < block.limit() / Float.BYTES; i++) {
                sum += numbers.get(i) * (double) numbers.get(i);
            }
        }
        return sum;
    }
}
