package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.List;

/**
 * The change between the plain and the channels-last layout of a few numbers. oneDNN's reorder takes about 0.4 microseconds
 * to begin, on several threads more; own code has moved some hundred numbers by then.
 */
final class SmallTranspose {
    /** With more elements oneDNN's reorder is as fast on one thread. */
    private static final int MOST_ELEMENTS = 1024;

    private SmallTranspose() {}

    /** Whether it is worth it for a tensor of this shape and type. */
    static boolean applies(Shape shape, DataType present, DataType wanted) {
        return present == DataType.F32
                && wanted == DataType.F32
                && shape.rank() >= 3
                && shape.elements() > 0
                && shape.elements() <= MOST_ELEMENTS;
    }

    /** The instruction that brings a tensor from one layout to the other one. */
    static Instruction between(Layout present, Shape shape, Buffer from, Buffer to, String what) {
        long channels = shape.extent(1);
        long pixels = shape.elements() / shape.extent(0) / channels;
        boolean plain = present == Layout.PLAIN;
        StepReport report = new StepReport(what, "reorder", "", "conv4j", "", false);
        return new Instruction.KernelCall(
                NativeNetwork.KERNEL_TRANSPOSE_SMALL,
                List.of((long) shape.extent(0), plain ? channels : pixels, plain ? pixels : channels),
                List.of(from, to),
                report);
    }
}
