package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Resize;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Resizes of spatial axes by an own kernel over tables: which src elements make a dst element, and with what weights. The
 * tables are separable and made once, so that every mode runs on one kernel.
 */
final class ResizeLowering {
    private ResizeLowering() {}

    static boolean lower(ProgramBuilder program, Step step) {
        Resize layer = (Resize) step.layer();
        Value source = step.sources().get(0);
        Value destination = step.destination();
        Shape src = source.shape();
        Shape dst = destination.shape();
        int rank = src.rank();
        boolean spatialOnly = rank >= 3
                && rank <= 5
                && src.extent(0) == dst.extent(0)
                && src.extent(1) == dst.extent(1)
                && layer.scales().get(0) == 1
                && layer.scales().get(1) == 1;
        if (!spatialOnly
                || program.workingType() != DataType.F32
                || layer.coordinates() == Resize.Coordinates.CROP_AND_RESIZE
                || !step.postOps().isEmpty()) {
            return false;
        }
        long[] parameters = new long[11];
        parameters[0] = src.extent(0);
        parameters[1] = src.extent(1);
        long entries = 0;
        for (int i = 0; i < 3; i++) {
            int axis = i + rank - 3;
            boolean there = axis >= 2;
            parameters[2 + 3 * i] = there ? src.extent(axis) : 1;
            parameters[3 + 3 * i] = there ? dst.extent(axis) : 1;
            parameters[4 + 3 * i] = there && !isIdentity(layer, src, axis) ? taps(layer, axis, src.extent(axis)) : 1;
            entries += parameters[3 + 3 * i] * parameters[4 + 3 * i];
        }
        long tableBytes = entries * (Integer.BYTES + Float.BYTES);
        long table = program.constants().allocate(tableBytes);
        ByteBuffer bytes = NativeMemory.viewOf(table, Math.toIntExact(tableBytes));
        for (int i = 0; i < 3; i++) {
            int axis = i + rank - 3;
            boolean identity = axis < 2 || isIdentity(layer, src, axis);
            if (!identity && layer.filters(axis)) {
                writeFilter(bytes, layer, axis, src.extent(axis), (int) parameters[4 + 3 * i]);
            } else {
                writeTable(bytes, layer, axis, (int) parameters[2 + 3 * i], (int) parameters[3 + 3 * i], identity);
            }
        }
        Buffer read = program.read(source, Layout.CHANNELS_LAST);
        Buffer written = program.write(destination, Layout.CHANNELS_LAST);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_RESIZE,
                Arrays.stream(parameters).boxed().toList(),
                List.of(read, Buffer.constant(table, tableBytes), written),
                new StepReport(step.name(), step.word(), dst.toString(), "conv4j", "table", false)));
        return true;
    }

    private static boolean isIdentity(Resize layer, Shape src, int axis) {
        return layer.scales().get(axis) == 1 && layer.extents().get(axis) == src.extent(axis);
    }

    /** How many src elements a dst element of an axis is made of at most. */
    private static int taps(Resize layer, int axis, int input) {
        if (layer.filters(axis)) {
            int most = 0;
            for (int y = 0; y < layer.extents().get(axis); y++) {
                most = Math.max(most, neighbours(layer, axis, input, y).weights().length);
            }
            return most;
        }
        return switch (layer.interpolation()) {
            case NEAREST -> 1;
            case LINEAR -> 2;
            case CUBIC -> 4;
        };
    }

    private static Resize.Neighbours neighbours(Resize layer, int axis, int input, int y) {
        return layer.antialiased(axis, layer.position(axis, input, y), input);
    }

    /** Elements with fewer neighbours than others get some of weight 0. */
    private static void writeFilter(ByteBuffer bytes, Resize layer, int axis, int input, int taps) {
        int output = layer.extents().get(axis);
        int weightsAt = bytes.position() + output * taps * Integer.BYTES;
        for (int y = 0; y < output; y++) {
            Resize.Neighbours neighbours = neighbours(layer, axis, input, y);
            double[] weights = neighbours.weights();
            for (int tap = 0; tap < taps; tap++) {
                bytes.putInt(clamp(neighbours.first() + tap, input));
                float weight = tap < weights.length ? (float) weights[tap] : 0;
                bytes.putFloat(weightsAt + (y * taps + tap) * Float.BYTES, weight);
            }
        }
        bytes.position(weightsAt + output * taps * Float.BYTES);
    }

    private static void writeTable(ByteBuffer bytes, Resize layer, int axis, int input, int output, boolean identity) {
        float[][] weights = new float[output][];
        for (int y = 0; y < output; y++) {
            if (identity) {
                bytes.putInt(y);
                weights[y] = new float[] {1};
            } else {
                weights[y] = taps(bytes, layer, layer.position(axis, input, y), input);
            }
        }
        for (float[] row : weights) {
            for (float weight : row) {
                bytes.putFloat(weight);
            }
        }
    }

    /** Writes the src elements of one dst element, clamped to the edge, and returns their weights. */
    private static float[] taps(ByteBuffer bytes, Resize layer, double position, int input) {
        switch (layer.interpolation()) {
            case NEAREST -> {
                bytes.putInt(clamp(layer.nearest(position), input));
                return new float[] {1};
            }
            case LINEAR -> {
                double clamped = Math.max(0, Math.min(input - 1, position));
                int low = (int) Math.floor(clamped);
                bytes.putInt(low);
                bytes.putInt(clamp(low + 1, input));
                return new float[] {(float) (1 - (clamped - low)), (float) (clamped - low)};
            }
            default -> {
                int first = (int) Math.floor(position) - 1;
                float[] weights = layer.cubicWeights(position, input);
                for (int tap = 0; tap < 4; tap++) {
                    bytes.putInt(clamp(first + tap, input));
                }
                return weights;
            }
        }
    }

    private static int clamp(int index, int extent) {
        return Math.max(0, Math.min(extent - 1, index));
    }
}
