package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions and transposed convolutions by the indirect algorithm (Dukhan 2019, <i>The Indirect Convolution Algorithm</i>) on
 * the kernel of {@code cpp/indirect.hpp}: pixels are multiplied where they lie, padding is not, and weights are fetched ahead
 * while others are multiplied. A transposed one is a product for each phase of its stride and multiplies no zeros. Of few
 * channels, all taps are multiplied at once. Pointwise ones may be multiplied by Strassen's algorithm ({@code cpp/strassen.hpp}), and
 * any, transposed or not, by the fast inner product ({@code cpp/fip.hpp}), and those of windows with many rows by Winograd's filtering of
 * rows ({@code cpp/filtered.hpp}). In f32, in one group. Results do not depend on the number of threads.
 */
final class Indirect {
    /** Of weights, at a time: whole ones would take as much memory as packed ones while these are made. */
    private static final long PIECE_BYTES = 2 << 20;

    private final ProgramBuilder program;
    private final Step step;
    private final Window window;
    private final Algorithm algorithm;

    /**
     * A step with this window, to which it {@link #applies}.
     *
     * @param algorithm {@link Algorithm#INDIRECT}; {@link Algorithm#STRASSEN} if that {@link StrassenRule#applies}; or
     *     {@link Algorithm#FIP} if that {@linkplain FipRule#isCandidate is a candidate}; or {@link Algorithm#FILTERED} if
     *     {@linkplain FilterRule#isCandidate that is}
     */
    Indirect(ProgramBuilder program, Step step, Window window, Algorithm algorithm) {
        this.program = program;
        this.step = step;
        this.window = window;
        this.algorithm = algorithm;
    }

    /** A convolution to which it applies, by the algorithm of the step that is lowered. */
    static Indirect of(ProgramBuilder program, Step convolution) {
        return new Indirect(program, convolution, ((Convolution) convolution.layer()).window(), program.algorithm());
    }

    /** The one for a convolution in f32, with constant weights, that the kernel runs along with another step. */
    static Algorithm algorithm(ProgramBuilder program, Step convolution) {
        Tensor weights =
                Objects.requireNonNull(program.constant(convolution.sources().get(1)));
        Convolution layer = (Convolution) convolution.layer();
        if (!program.options().algorithms().winograd()) {
            return Algorithm.INDIRECT;
        }
        if (FipRule.pays(convolution, layer.window())) {
            return Algorithm.FIP;
        }
        boolean strassen = StrassenRule.pays(convolution)
                && StrassenRule.applies(convolution, layer.window(), layer.groups(), weights);
        return strassen ? Algorithm.STRASSEN : Algorithm.INDIRECT;
    }

    /** Whether an algorithm is one of its kernels'. */
    static boolean computes(Algorithm algorithm) {
        return switch (algorithm.form()) {
            case INDIRECT, STRASSEN, FIP, FILTERED -> true;
            default -> false;
        };
    }

    /** Whether it computes such convolutions; transposed ones given constant weights. */
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
        call(List.of(step), source(), null, report(algorithm.toString()));
    }

    /** The same of a pointwise convolution whose source another step makes, which the kernel does along with it in some way. */
    void lower(Step maker, IndirectSource source, String way) {
        StepReport report = new StepReport(
                        maker.name(),
                        maker.word() + ", " + step.word(),
                        step.destination().shape().toString(),
                        "conv4j",
                        algorithm + way + ", with " + step.name(),
                        false)
                .with(List.of(step.name()));
        call(List.of(maker, step), source, null, report);
    }

    /** The same of a convolution of a map by constant weights, one of which is multiplied by gates in each run. */
    void lower(GatedConvolution gated) {
        Step product = gated.product();
        if (algorithm.equals(Algorithm.FIP)) {
            Buffer src = program.read(gated.map(), Layout.CHANNELS_LAST);
            IndirectSource source = IndirectSource.gated(src, program.readPlain(gated.gates()));
            Buffer weights = packed(gated.weights(), Instruction.numbers(parametersOfWhole(source.parameters())));
            StepReport report = report(algorithm + ", of gated pixels").with(List.of(product.name()));
            call(List.of(product, step), source, weights, report);
            return;
        }
        List<Long> parameters = parametersOfWhole(IndirectSource.PLAIN);
        Buffer packed = packed(gated.weights(), Instruction.numbers(parameters));
        Buffer weights = Buffer.arena(packed.bytes);
        StepReport report = new StepReport(
                product.name(),
                product.word(),
                product.destination().shape().toString(),
                "conv4j",
                "of packed weights",
                false);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_INDIRECT_GATES,
                parameters,
                List.of(packed, program.readPlain(gated.gates()), weights),
                report));
        call(List.of(product, step), source(), weights, report(algorithm.toString()));
    }

    private IndirectSource source() {
        return IndirectSource.there(ConvolutionLowering.Direct.read(program, step));
    }

    private StepReport report(String algorithm) {
        return new StepReport(
                step.name(), step.word(), step.destination().shape().toString(), "conv4j", algorithm, false);
    }

    /** Appends the kernel, over packed weights or, if these are null, the step's. */
    private void call(List<Step> together, IndirectSource source, @Nullable Buffer weights, StepReport report) {
        // Others than those in registers are faster in a pass of their own over dst.
        KernelPostOps postOps =
                algorithm.equals(Algorithm.INDIRECT) ? new KernelPostOps() : KernelPostOps.inRegisters();
        Buffer dst = postOps.fuse(program, together);
        List<Long> parameters = parametersOfWhole(source.parameters());
        parameters.addAll(postOps.parameters());
        List<Buffer> buffers = new ArrayList<>(source.buffers());
        addWeights(weights == null ? packed(step.sources().get(1), Instruction.numbers(parameters)) : weights, buffers);
        buffers.addAll(postOps.operands());
        buffers.add(Buffer.arena(scratchpadBytes(parameters)));
        buffers.add(dst);
        program.add(new Instruction.KernelCall(
                NativeNetwork.KERNEL_INDIRECT, List.copyOf(parameters), List.copyOf(buffers), report));
        Elementwise.applyRest(program, step, postOps.count(), dst, Layout.CHANNELS_LAST);
    }

    private List<Long> parametersOfWhole(List<Long> source) {
        Shape src = step.sources().get(0).shape();
        Rows rows = new Rows(
                src.extent(0),
                src.extent(2),
                step.destination().shape().extent(2),
                window.axis(0).padBefore());
        List<Long> parameters = parameters(program.options().intraOpThreads(), rows);
        parameters.addAll(source);
        return parameters;
    }

    /** The kernel's parameters for one image's rows, in one thread, with all post-ops, which it must know. */
    List<Long> parametersOf(Rows rows) {
        List<Long> parameters = parameters(1, rows);
        parameters.addAll(IndirectSource.PLAIN);
        KernelPostOps postOps = new KernelPostOps();
        for (PostOp postOp : step.postOps()) {
            if (!postOps.append(postOp)) {
                throw new IllegalStateException("step '" + step.name() + "': no kernel does " + postOp);
            }
        }
        parameters.addAll(postOps.parameters());
        return parameters;
    }

    /** What a kernel with such parameters needs. */
    long scratchpadBytes(List<Long> parameters) {
        long[] given = Instruction.numbers(parameters);
        long bytes = NativeNetwork.indirectScratchpadBytes(given, given.length);
        if (bytes < 0) {
            throw new Conv4jException("step '" + step.name() + "': no indirect kernel for parameters " + parameters);
        }
        return bytes;
    }

    /** Appends the step's weights for a kernel with such parameters and, if there is one, the bias. */
    void addWeights(List<Long> parameters, List<Buffer> buffers) {
        addWeights(packed(step.sources().get(1), Instruction.numbers(parameters)), buffers);
    }

    private void addWeights(Buffer packed, List<Buffer> buffers) {
        buffers.add(packed);
        if (step.sources().size() == 3) {
            buffers.add(program.readPlain(step.sources().get(2)));
        }
    }

    /** Rows of src and of dst, of so many images, and how many rows of the first window do not exist. */
    record Rows(int batch, int src, int dst, int before) {}

    private List<Long> parameters(int threads, Rows rows) {
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        Axis height = window.axis(0);
        Axis width = window.axis(1);
        int[] values = {
            0,
            threads,
            rows.batch(),
            rows.src(),
            src.extent(3),
            src.extent(1),
            rows.dst(),
            dst.extent(3),
            dst.extent(1),
            height.kernel(),
            height.stride(),
            height.dilation(),
            rows.before(),
            width.kernel(),
            width.stride(),
            width.dilation(),
            width.padBefore(),
            step.layer() instanceof TransposedConvolution ? 1 : 0,
            step.sources().size() == 3 ? 1 : 0,
            multiplication()
        };
        List<Long> parameters = new ArrayList<>();
        for (int value : values) {
            parameters.add((long) value);
        }
        return parameters;
    }

    /** {@code Multiplication} of {@code cpp/indirect_problem.hpp}. */
    private int multiplication() {
        return switch (algorithm.form()) {
            case STRASSEN -> 1;
            case FIP -> FipRule.vectors() + 1;
            case FILTERED -> 4;
            default -> 0;
        };
    }

    /** Weights as the kernel reads them. */
    private Buffer packed(Value weights, long[] given) {
        Buffer plain = program.readPlain(weights);
        long bytes = NativeNetwork.indirectWeightsBytes(given, given.length);
        int rows = weights.shape().extent(0);
        String what = "weights of " + step.name();
        if (plain.kind != Buffer.Kind.CONSTANT) {
            Buffer packed = Buffer.arena(bytes);
            StepReport report = new StepReport(what, "reorder", weights.shape().toString(), "conv4j", "", false);
            program.add(new Instruction.KernelCall(
                    NativeNetwork.KERNEL_INDIRECT_WEIGHTS,
                    Arrays.stream(ofRows(0, rows, given)).boxed().toList(),
                    List.of(plain, packed),
                    report));
            return packed;
        }
        // Nothing reads the plain ones any more.
        long address = program.constants().allocate(bytes);
        long rowBytes = plain.bytes / rows;
        // Rows of other weights are scattered over all that is packed, and the fast inner product scales columns as a
        // whole.
        boolean inPieces = step.layer() instanceof TransposedConvolution && !algorithm.equals(Algorithm.FIP);
        int some = inPieces ? (int) Math.max(1, PIECE_BYTES / rowBytes) : rows;
        for (int first = 0; first < rows; first += some) {
            int last = Math.min(rows, first + some);
            program.constants()
                    .pack(
                            plain,
                            first * rowBytes,
                            (last - first) * rowBytes,
                            new Packing.ByKernel(
                                    NativeNetwork.KERNEL_INDIRECT_WEIGHTS, ofRows(first, last, given), what, address));
        }
        return Buffer.constant(address, bytes);
    }

    private static long[] ofRows(int first, int last, long[] given) {
        long[] parameters = new long[given.length + 2];
        parameters[0] = first;
        parameters[1] = last;
        System.arraycopy(given, 0, parameters, 2, given.length);
        return parameters;
    }
}
