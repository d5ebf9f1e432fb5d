package io.conv4j.backend.purejava;

import io.conv4j.compile.PostOp;
import io.conv4j.evaluate.Workers;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a step's results go. A run of results is taken in double, the post-ops are applied to it in their order, and it is
 * rounded once to the tensor's type. Safe from several threads that write different elements.
 */
final class Destination {
    /** Elements that are treated as one when post-ops run over a finished tensor. */
    private static final int RUN = 1024;

    /** A post-op, applied to results that go to the destination from an index on. */
    @FunctionalInterface
    private interface Stage {
        void apply(int at, double[] values, int length);
    }

    private final Tensor tensor;
    private final @Nullable FloatBuffer floats;
    private final List<Stage> stages = new ArrayList<>();

    Destination(Tensor tensor, List<PostOp> postOps, List<Tensor> operands) {
        this.tensor = tensor;
        this.floats = tensor.dataType() == DataType.F32 ? tensor.floats() : null;
        int operand = 0;
        for (PostOp postOp : postOps) {
            stages.add(
                    postOp instanceof PostOp.Combine combine
                            ? combine(combine.op(), new Source(operands.get(operand++)))
                            : apply(((PostOp.Apply) postOp).activation()));
        }
    }

    Shape shape() {
        return tensor.shape();
    }

    /** Writes the first {@code length} values to the elements from an index on; changes the values. */
    void write(int at, double[] values, int length) {
        for (Stage stage : stages) {
            stage.apply(at, values, length);
        }
        if (floats == null) {
            for (int i = 0; i < length; i++) {
                tensor.set(at + i, values[i]);
            }
        } else {
            float[] run = new float[length];
            for (int i = 0; i < length; i++) {
                run[i] = (float) values[i];
            }
            floats.put(at, run);
        }
    }

    /** Applies the post-ops to what has been written by other means. */
    void applyPostOps(Workers workers) {
        if (stages.isEmpty()) {
            return;
        }
        Source written = new Source(tensor);
        int elements = shape().elements();
        int runs = (int) ((elements + RUN - 1L) / RUN);
        workers.forEach(runs, RUN * 4L, run -> {
            int length = Math.min(RUN, elements - run * RUN);
            write(run * RUN, written.read(run * RUN, length), length);
        });
    }

    private static Stage apply(Activation activation) {
        // The commonest functions, without the choice of one for every element and without jumps.
        if (activation.kind() == Activation.Kind.RELU) {
            return (at, values, length) -> {
                for (int i = 0; i < length; i++) {
                    values[i] = Math.max(values[i], 0);
                }
            };
        }
        double slope = activation.alpha();
        if (activation.kind() == Activation.Kind.LEAKY_RELU && slope > 0 && slope <= 1) {
            return (at, values, length) -> {
                for (int i = 0; i < length; i++) {
                    values[i] = Math.max(values[i], slope * values[i]);
                }
            };
        }
        return (at, values, length) -> {
            for (int i = 0; i < length; i++) {
                values[i] = activation.apply(values[i]);
            }
        };
    }

    /** The operand's elements go with the destination's as numpy broadcasts them: axes aligned at the last one. */
    private Stage combine(Binary.Op op, Source operand) {
        if (operand.shape().equals(shape())) {
            return (at, values, length) -> combine(op, values, operand.read(at, length));
        }
        int[] strides = broadcastStrides(operand.shape(), shape().rank());
        int[] extents = shape().extents();
        int row = extents.length == 0 ? 1 : extents[extents.length - 1];
        int stride = extents.length == 0 ? 0 : strides[extents.length - 1];
        return (at, values, length) -> {
            for (int done = 0; done < length; ) {
                int column = (at + done) % row;
                int run = Math.min(length - done, row - column);
                combine(op, values, done, run, operand, offset(at + done, extents, strides), stride);
                done += run;
            }
        };
    }

    private static void combine(Binary.Op op, double[] values, double[] operand) {
        if (op == Binary.Op.ADD) {
            for (int i = 0; i < operand.length; i++) {
                values[i] += operand[i];
            }
            return;
        }
        for (int i = 0; i < operand.length; i++) {
            values[i] = op.apply(values[i], operand[i]);
        }
    }

    private static void combine(
            Binary.Op op, double[] values, int at, int length, Source operand, int from, int stride) {
        for (int i = 0; i < length; i++) {
            values[at + i] = op.apply(values[at + i], operand.get(from + i * stride));
        }
    }

    private static int[] broadcastStrides(Shape operand, int rank) {
        int[] strides = new int[rank];
        int[] own = operand.strides();
        for (int axis = Math.max(0, operand.rank() - rank); axis < operand.rank(); axis++) {
            strides[rank - operand.rank() + axis] = operand.extent(axis) == 1 ? 0 : own[axis];
        }
        return strides;
    }

    private static int offset(int index, int[] extents, int[] strides) {
        int offset = 0;
        int rest = index;
        for (int axis = extents.length - 1; axis >= 0; axis--) {
            offset += rest % extents[axis] * strides[axis];
            rest /= extents[axis];
        }
        return offset;
    }
}
