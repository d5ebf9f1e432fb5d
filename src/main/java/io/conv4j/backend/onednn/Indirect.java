package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolutions and transposed convolutions of few pixels and many weights by the indirect algorithm (Dukhan 2019, <i>The
 * Indirect Convolution Algorithm</i>) on the kernel of {@code cpp/indirect.hpp}: pixels are multiplied where they lie, padding
 * is not, and weights are fetched ahead while others are multiplied. A transposed one is a product for each phase of its
 * stride and multiplies no zeros. In f32, with constant weights, in one group. Results do not depend on the number of threads.
 */
final class Indirect {
    /** Of weights, at a time: whole ones would take as much memory as packed ones while these are made. */
    private static final long PIECE_BYTES = 2 << 20;

    private final ProgramBuilder program;
    private final Step step;
    private final Window window;

    /** A step with this window, to which it {@link #applies}. */
    Indirect(ProgramBuilder program, Step step, Window window) {
        this.program = program;
        this.step = step;
        this.window = window;
    }

    /** Whether it computes such convolutions, given constant weights. */
    static boolean applies(Window window, int groups) {
        return window.rank() == 2 && groups == 1;
    }

    /** Pixels of dst, of all images, that see the same taps: the rows of a product. */
    static long pixels(Step step, Window window) {
        Shape dst = step.destination().shape();
        long pixels = dst.extent(0);
        for (int i = 0; i < window.rank(); i++) {
            int apart = step.layer() instanceof TransposedConvolution
                    ? window.axis(i).stride()
                    : 1;
            pixels *= (dst.extent(i + 2) + apart - 1) / apart;
        }
        return pixels;
    }

    /** Lowers the step with all post-ops that the kernel knows; what does not fuse follows. */
    void lower() {
        List<Buffer> src = List.of(ConvolutionLowering.Direct.read(program, step));
        StepReport report = new StepReport(
                step.name(),
                step.word(),
                step.destination().shape().toString(),
                "conv4j",
                Algorithm.INDIRECT.toString(),
                false);
        call(List.of(step), src, List.of(0L, 0L), report);
    }

    /** The same of a pointwise convolution whose source a step makes, by a normalisation that is done along with it. */
    void lower(Step normalization, JoinedNormalization source) {
        List<Long> channels = source.channels();
        List<Long> joined = new ArrayList<>(List.of(source.relu() ? 1L : 0L, (long) channels.size()));
        joined.addAll(channels);
        StepReport report = new StepReport(
                        normalization.name(),
                        normalization.word() + ", " + step.word(),
                        step.destination().shape().toString(),
                        "conv4j",
                        Algorithm.INDIRECT
                                + (channels.size() > 1 ? ", joins " + channels.size() + " tensors, with " : ", with ")
                                + step.name(),
                        false)
                .with(List.of(step.name()));
        call(List.of(normalization, step), source.buffers(), joined, report);
    }

    private void call(List<Step> together, List<Buffer> src, List<Long> joined, StepReport report) {
        KernelPostOps postOps = new KernelPostOps();
        Buffer dst = postOps.fuse(program, together);
        List<Long> parameters = parameters();
        parameters.addAll(joined);
        parameters.addAll(postOps.parameters());
        long[] given = Instruction.numbers(parameters);
        long scratchpad = NativeNetwork.indirectScratchpadBytes(given, given.length);
        if (scratchpad < 0) {
            throw new Conv4jException("step '" + step.name() + "': no indirect kernel for parameters " + parameters);
        }
        List<Buffer> buffers = new ArrayList<>(src);
        buffers.add(packed(given));
        if (step.sources().size() == 3) {
            buffers.add(program.readPlain(step.sources().get(2)));
        }
        buffers.addAll(postOps.operands());
        buffers.add(Buffer.arena(scratchpad));
        buffers.add(dst);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_INDIRECT, List.copyOf(parameters), List.copyOf(buffers), report));
        Elementwise.applyRest(program, step, postOps.count(), dst, Layout.CHANNELS_LAST);
    }

    private List<Long> parameters() {
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        List<Integer> values = new ArrayList<>(List.of(
                0,
                program.options().intraOpThreads(),
                src.extent(0),
                src.extent(2),
                src.extent(3),
                src.extent(1),
                dst.extent(2),
                dst.extent(3),
                dst.extent(1)));
        for (Axis axis : window.axes()) {
            values.addAll(List.of(axis.kernel(), axis.stride(), axis.dilation(), axis.padBefore()));
        }
        values.add(step.layer() instanceof TransposedConvolution ? 1 : 0);
        values.add(step.sources().size() == 3 ? 1 : 0);
        List<Long> parameters = new ArrayList<>();
        for (int value : values) {
            parameters.add((long) value);
        }
        return parameters;
    }

    /** The weights as the kernel reads them, some rows after the others; nothing reads the plain ones any more. */
    private Buffer packed(long[] given) {
        Value weights = step.sources().get(1);
        Buffer plain = program.readPlain(weights);
        long bytes = NativeNetwork.indirectWeightsBytes(given, given.length);
        long address = program.allocate(bytes);
        int rows = weights.shape().extent(0);
        long rowBytes = plain.bytes / rows;
        // Rows of other weights are scattered over all that is packed.
        int some = step.layer() instanceof TransposedConvolution ? (int) Math.max(1, PIECE_BYTES / rowBytes) : rows;
        for (int first = 0; first < rows; first += some) {
            int last = Math.min(rows, first + some);
            long[] parameters = new long[given.length + 2];
            parameters[0] = first;
            parameters[1] = last;
            System.arraycopy(given, 0, parameters, 2, given.length);
            Packing.run(
                    NativeNetwork.KERNEL_INDIRECT_WEIGHTS,
                    parameters,
                    "weights of " + step.name(),
                    program.addressOf(plain, first * rowBytes, (last - first) * rowBytes),
                    address);
        }
        return Buffer.constant(address, bytes);
    }
}
