package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.List;

/**
 * The change between the plain and the channels-last layout by the kernel of {@code cpp/transpose.hpp}, which takes between a quarter
 * and nine tenths of the time of oneDNN's reorder, and nothing to prepare.
 */
final class ChannelTranspose {
    private ChannelTranspose() {}

    /** Whether it is there for a tensor of this shape and these types. */
    static boolean applies(Shape shape, DataType present, DataType wanted) {
        return present == DataType.F32 && wanted == DataType.F32 && shape.rank() >= 3 && shape.elements() > 0;
    }

    /** The instruction that brings a tensor from one layout to the other one. */
    static Instruction between(Layout present, Shape shape, Buffer from, Buffer to, String what) {
        long channels = shape.extent(1);
        long pixels = shape.elements() / shape.extent(0) / channels;
        boolean plain = present == Layout.PLAIN;
        StepReport report = new StepReport(what, "reorder", "", "conv4j", "", false);
        return new Instruction.KernelCall(
                NativeNetwork.KERNEL_TRANSPOSE,
                List.of((long) shape.extent(0), plain ? channels : pixels, plain ? pixels : channels),
                List.of(from, to),
                report);
    }
}
