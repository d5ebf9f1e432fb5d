package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Depthwise convolutions of kernels 3x3 and 5x5, and 3x3 ones of groups with few channels, strides 1 and 2, on the kernels
 * of {@code cpp/depthwise.hpp}: depthwise ones about twice as fast as oneDNN's on what lies in a level-2 cache, the others
 * near the CPU's peak or, by Winograd's filtering of rows, beyond. In bf16, too, with sums in f32. Activations are applied,
 * and where the mean over each image is asked for next (squeeze-excite blocks) it is taken, before the result is written.
 * Results do not depend on the number of threads.
 */
final class Depthwise {
    /** With more channels a group oneDNN's convolution is as fast. */
    private static final int MOST_CHANNELS = 32;

    /** Of fewer in dst, Winograd's weights, of which there are more, take longer to come from memory than is won. */
    private static final int LEAST_PIXELS = 100;

    private final ProgramBuilder program;
    private final Step step;
    private final ConvolutionLowering.Direct convolution;

    /** A step with this convolution, to which it {@link #applies}. */
    Depthwise(ProgramBuilder program, Step step, ConvolutionLowering.Direct convolution) {
        this.program = program;
        this.step = step;
        this.convolution = convolution;
    }

    /** Whether it computes such convolutions from src to dst, given constant weights. */
    static boolean applies(Window window, int groups, Shape src, Shape dst) {
        if (window.rank() != 2 || groups == 1 || src.extent(1) != dst.extent(1)) {
            return false;
        }
        int group = src.extent(1) / groups;
        Axis height = window.axis(0);
        Axis width = window.axis(1);
        int kernel = height.kernel();
        int stride = height.stride();
        int beyond = (dst.extent(3) - 1) * stride + kernel - width.padBefore() - src.extent(3);
        return (kernel == 3 || kernel == 5 && group == 1)
                && fillsVectors(group)
                && (stride == 1 || stride == 2)
                && width.kernel() == kernel
                && width.stride() == stride
                && height.dilation() == 1
                && width.dilation() == 1
                && width.padBefore() <= kernel / 2
                && beyond <= kernel / 2;
    }

    /** Whether vectors of 4, 8 and 16 channels all hold whole groups, or groups whole vectors. */
    private static boolean fillsVectors(int group) {
        return group <= MOST_CHANNELS && Integer.bitCount(group) == 1;
    }

    /** Lowers the step with all activations that the kernel knows; what does not fuse follows. */
    void lower() {
        List<Buffer> buffers = new ArrayList<>();
        buffers.add(ConvolutionLowering.Direct.read(program, step));
        List<Long> parameters = parametersAndBuffers(buffers);
        Step mean = meanOfResult();
        Buffer dst = program.write(step.destination(), Layout.CHANNELS_LAST);
        buffers.add(dst);
        StepReport report = new StepReport(
                step.name(),
                step.word(),
                step.destination().shape().toString(),
                "conv4j",
                program.algorithm()
                        + (takesWinograd() ? ", winograd F(2x1)" : "")
                        + (mean == null ? "" : ", with " + mean.name()),
                false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_DEPTHWISE, List.copyOf(parameters), List.copyOf(buffers), report));
        Elementwise.applyRest(program, step, postOps().count(), dst, Layout.CHANNELS_LAST);
    }

    private KernelPostOps postOps() {
        KernelPostOps postOps = new KernelPostOps();
        postOps.appendFirst(step.postOps());
        return postOps;
    }

    /** The kernel's parameters; appends its buffers between src and dst. */
    List<Long> parametersAndBuffers(List<Buffer> buffers) {
        Step mean = meanOfResult();
        List<Long> parameters = parameters(mean != null);
        parameters.addAll(postOps().parameters());
        long[] given = Instruction.numbers(parameters);
        buffers.add(packed(given));
        Buffer bias = convolution.bias();
        if (bias != null) {
            buffers.add(bias);
        }
        long scratchpad = NativeNetwork.depthwiseScratchpadBytes(given, given.length);
        if (scratchpad > 0) {
            buffers.add(Buffer.arena(scratchpad));
        }
        if (mean != null) {
            buffers.add(program.write(mean.destination(), Layout.CHANNELS_LAST));
        }
        return parameters;
    }

    /** The step whose mean of the result the kernel takes, in the same precision; null if there is none. */
    @Nullable Step meanOfResult() {
        if (postOps().count() < step.postOps().size()) {
            return null;
        }
        Precision precision = program.options().precisionOf(step.name());
        for (Step reader : program.readersOf(step.destination())) {
            if (PoolingLowering.isGlobalMean(reader) && program.options().precisionOf(reader.name()) == precision) {
                return reader;
            }
        }
        return null;
    }

    /**
     * Whether groups are multiplied by Winograd's filtering of rows ({@code cpp/grouped_winograd_tile.hpp}): two rows of dst at a
     * time, with four products for six, or five with stride 2. By measurement of layers of ResNeXt on a Zen 4 they take 5 to 19 %
     * less then. The tests allow an element the error of the direct algorithm, 4·ε·K·max|src|·max|weights|; whole numbers are exact,
     * as halves of them are.
     */
    private boolean takesWinograd() {
        Shape dst = step.destination().shape();
        return program.workingType() == DataType.F32
                && convolution.groups() < dst.extent(1)
                && dst.elements() / dst.extent(1) >= LEAST_PIXELS
                && program.options().algorithms().winograd();
    }

    private List<Long> parameters(boolean mean) {
        Value value = step.sources().get(0);
        Shape src = value.shape();
        Shape dst = step.destination().shape();
        Axis height = convolution.window().axis(0);
        Axis width = convolution.window().axis(1);
        int[] values = {
            0,
            program.workingType() == DataType.BF16 ? 1 : takesWinograd() ? 2 : 0,
            program.options().intraOpThreads(),
            src.extent(0),
            src.extent(1),
            src.extent(2),
            src.extent(3),
            dst.extent(2),
            dst.extent(3),
            height.kernel(),
            height.stride(),
            height.padBefore(),
            width.padBefore(),
            convolution.bias() == null ? 0 : 1,
            mean ? 1 : 0,
            src.extent(1) / convolution.groups()
        };
        List<Long> parameters = new ArrayList<>();
        for (int number : values) {
            parameters.add((long) number);
        }
        return parameters;
    }

    /** The weights as the kernel reads them; nothing reads the plain ones any more. */
    private Buffer packed(long[] given) {
        long bytes = NativeNetwork.depthwiseWeightsBytes(given, given.length);
        if (bytes < 0) {
            throw new Conv4jException("step '" + step.name() + "': no depthwise or grouped kernel for "
                    + convolution.window() + " from " + step.sources().get(0).shape() + " to "
                    + step.destination().shape());
        }
        long address = program.constants().allocate(bytes);
        program.constants()
                .pack(
                        convolution.weights().buffer(),
                        new Packing.ByKernel(
                                NativeNetwork.KERNEL_DEPTHWISE_WEIGHTS, given, "weights of " + step.name(), address));
        return Buffer.constant(address, bytes);
    }
}
