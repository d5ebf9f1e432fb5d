package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Dense 3x3 convolutions of stride 1, dilated ones too, by Winograd's algorithm F(m·m, 3·3) on the kernels of
 * {@code cpp/winograd.hpp}: (1 + 2/m)²/9 of the direct algorithm's multiplications. {@link AlgorithmChoice} says when, and
 * {@link WinogradRule} whether the transformed kernels are held and whether they are multiplied by the fast inner product.
 *
 * <p>Accuracy: with ε = 2⁻²³, K = 9·Cin and the largest magnitudes of src and weights, the tests allow an element an error of
 * f·ε·K·max|src|·max|weights| with f = {@value #FACTOR_2} for m = 2, {@value #FACTOR_4} for m = 4 and {@value #FACTOR_6} for
 * m = 6, where the direct algorithm is allowed f = 4. These are measured and not proven bounds. The largest seen is f = 10, and 22
 * where transformed tiles are multiplied by the fast inner product, of whole numbers from −4 to 4 in 1148 layers of real
 * networks; with 32 channels and more of normal numbers f is 0.02, 0.2 and 1.2, and the error relative to the largest result
 * 1e-6, 4e-6 and 2.5e-5. Over all outputs the error is far smaller: NMSE below 1e-10, where 11x11 taps come to 3x3 below 2e-9.
 * Results do not depend on the number of threads. An infinity or NaN in src spoils all elements of the tiles that see it, not
 * only those whose own window does.
 */
final class Winograd {
    /** Error factor of F(2·2, 3·3). */
    static final int FACTOR_2 = 4;
    /** Error factor of F(4·4, 3·3). */
    static final int FACTOR_4 = 8;
    /** Error factor of F(6·6, 3·3). */
    static final int FACTOR_6 = 32;

    private static final int MOST_LANES = 16;
    /** Where the parameters say what the tensors are like. */
    private static final int TENSORS = 15;

    private final ConvolutionLowering.Direct convolution;
    private final boolean late;
    private final boolean fip;
    private final List<Long> parameters = new ArrayList<>();
    private final KernelPostOps postOps = new KernelPostOps();

    private Winograd(ConvolutionLowering.Direct convolution, int m, int threads, DataType type, Shape src, Shape dst) {
        this.convolution = convolution;
        WinogradRule rule = new WinogradRule(convolution.window(), src, dst);
        this.late = rule.transformsLate(m);
        this.fip = type == DataType.F32 && rule.takesFip(m);
        Axis height = convolution.window().axis(0);
        Axis width = convolution.window().axis(1);
        int[] values = {
            0, m, threads, src.extent(0), src.extent(2), src.extent(3), src.extent(1), dst.extent(2), dst.extent(3)
        };
        for (int value : values) {
            parameters.add((long) value);
        }
        parameters.add((long) dst.extent(1));
        parameters.add((long) height.padBefore());
        parameters.add((long) width.padBefore());
        parameters.add((long) height.dilation());
        parameters.add((long) width.dilation());
        parameters.add(convolution.bias() == null ? 0L : 1L);
    }

    /** This algorithm, with tile size m, for a convolution between two shapes to which it {@link #applies}. */
    static Winograd of(ProgramBuilder program, ConvolutionLowering.Direct convolution, int m, Shape src, Shape dst) {
        return new Winograd(convolution, m, program.options().intraOpThreads(), program.workingType(), src, dst);
    }

    /** Whether it computes such convolutions, given constant weights. */
    static boolean applies(Window window, int groups) {
        return groups == 1 && window.rank() == 2 && isDense3(window.axis(0)) && isDense3(window.axis(1));
    }

    private static boolean isDense3(Axis axis) {
        return axis.kernel() == 3 && axis.stride() == 1;
    }

    /** Lowers a step with all its post-ops; what does not fuse follows. A residual is added in place where it dies. */
    void lower(ProgramBuilder program, Step step, String algorithm) {
        Buffer dst = postOps.fuse(program, step);
        call(program, step, dst, algorithm);
        Elementwise.applyRest(program, step, postOps.count(), dst, Layout.CHANNELS_LAST);
    }

    /** Computes a step's convolution into a buffer; returns how many of its first post-ops, all activations, it ran. */
    int lower(ProgramBuilder program, Step step, Buffer dst, String algorithm) {
        postOps.appendFirst(step.postOps());
        call(program, step, dst, algorithm);
        return postOps.count();
    }

    /** The tensors that src lies in: the parts of a concatenation if that leaves no more lanes empty than src in one. */
    private static List<Value> sources(ProgramBuilder program, Value src) {
        List<Value> parts = program.parts(src);
        int whole = vectors(src);
        int apart = 0;
        for (Value part : parts) {
            apart += vectors(part);
        }
        return apart == whole ? parts : List.of(src);
    }

    private static int vectors(Value value) {
        return (value.shape().extent(1) + MOST_LANES - 1) / MOST_LANES;
    }

    private void call(ProgramBuilder program, Step step, Buffer dst, String algorithm) {
        parameters.addAll(postOps.parameters());
        List<Value> sources = sources(program, step.sources().get(0));
        List<Long> tensors = new ArrayList<>(
                List.of((long) program.workingType().bytes(), late ? 1L : 0L, fip ? 1L : 0L, (long) sources.size()));
        for (Value source : sources) {
            tensors.add((long) source.shape().extent(1));
        }
        parameters.addAll(TENSORS, tensors);
        long[] given = Instruction.numbers(parameters);
        long scratchpad = NativeNetwork.winogradScratchpadBytes(given, given.length);
        if (scratchpad < 0) {
            throw new Conv4jException("step '" + step.name() + "': no Winograd kernel for parameters " + parameters);
        }
        List<Buffer> buffers = new ArrayList<>();
        for (Value source : sources) {
            buffers.add(program.read(source, Layout.CHANNELS_LAST));
        }
        buffers.add(packed(program, step, given));
        Buffer bias = convolution.bias();
        if (bias != null) {
            buffers.add(bias);
        }
        buffers.addAll(postOps.operands());
        buffers.add(Buffer.arena(scratchpad));
        buffers.add(dst);
        StepReport report = new StepReport(
                step.name(), step.word(), step.destination().shape().toString(), "conv4j", algorithm, false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_WINOGRAD, List.copyOf(parameters), List.copyOf(buffers), report));
    }

    /** The weights, transformed or put into the order in which that is done in every run; nothing reads the plain ones any more. */
    private Buffer packed(ProgramBuilder program, Step step, long[] given) {
        long bytes = NativeNetwork.winogradWeightsBytes(given, given.length);
        long address = program.constants().allocate(bytes);
        program.constants()
                .pack(
                        convolution.weights().buffer(),
                        new Packing.ByKernel(
                                NativeNetwork.KERNEL_WINOGRAD_WEIGHTS, given, "weights of " + step.name(), address));
        return Buffer.constant(address, bytes);
    }
}
