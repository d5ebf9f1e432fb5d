package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Plan;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Concat;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Layer;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Slice;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** From a plan to a program: each step to the family that lowers it, or to the Java kernels. */
final class Lowering {
    /** Lowers a step of one kind of layer; returns false, having written nothing, if there is no primitive for it. */
    @FunctionalInterface
    private interface Family {
        boolean lower(ProgramBuilder program, Step step);
    }

    private static final Map<Class<? extends Layer>, Family> FAMILIES = Map.ofEntries(
            Map.entry(Convolution.class, ConvolutionLowering::lower),
            Map.entry(TransposedConvolution.class, TransposedConvolutionLowering::lower),
            Map.entry(Pooling.class, PoolingLowering::lower),
            Map.entry(Dense.class, MatMulLowering::lowerDense),
            Map.entry(MatMul.class, MatMulLowering::lowerMatMul),
            Map.entry(BatchNormalization.class, NormalizationLowering::lowerBatch),
            Map.entry(LocalResponseNormalization.class, NormalizationLowering::lowerLocalResponse),
            Map.entry(Softmax.class, NormalizationLowering::lowerSoftmax),
            Map.entry(Reduce.class, NormalizationLowering::lowerReduce),
            Map.entry(Activation.class, Elementwise::lowerActivation),
            Map.entry(Binary.class, Elementwise::lowerBinary),
            Map.entry(Concat.class, MovementLowering::lowerConcat),
            Map.entry(Slice.class, MovementLowering::lowerSlice),
            Map.entry(Pad.class, MovementLowering::lowerPad),
            Map.entry(Transpose.class, MovementLowering::lowerTranspose),
            Map.entry(Reshape.class, MovementLowering::lowerReshape),
            Map.entry(DepthToSpace.class, MovementLowering::lowerDepthToSpace),
            Map.entry(SpaceToDepth.class, MovementLowering::lowerSpaceToDepth),
            Map.entry(Resize.class, ResizeLowering::lower));

    private Lowering() {}

    static ProgramBuilder lower(Plan plan, ExecutionOptions options, Resources resources) {
        return lower(plan, options, resources, BandsRule.DEFAULT);
    }

    /** The same with another rule for blocks that are run depth first. */
    static ProgramBuilder lower(Plan plan, ExecutionOptions options, Resources resources, BandsRule rule) {
        AlgorithmChoice choice = AlgorithmChoice.of(plan, options);
        ProgramBuilder program = new ProgramBuilder(plan, options, resources);
        for (int i = 0; i < plan.steps().size(); i++) {
            BandedBlock block = BandedBlock.at(plan, i, options, rule);
            if (block != null && lower(program, i, block, rule)) {
                i += block.steps().size() - 1;
                program.finish(block.last());
                continue;
            }
            Step step = plan.steps().get(i);
            int first = program.instructions().size();
            if (!lower(program, i, step, choice.choose(step))) {
                runInJava(program, step);
            }
            program.explain(first, step, choice.reason(step));
            program.finish(step);
        }
        program.finish();
        return program;
    }

    /**
     * Lowers a step to primitives by an algorithm, null where its layer has no choice, in the precision that the options
     * ask for if there are good primitives.
     */
    static boolean lower(ProgramBuilder program, int index, Step step, @Nullable Algorithm algorithm) {
        Algorithm given = algorithm == null ? Algorithm.DIRECT : algorithm;
        boolean reduced = program.options().precisionOf(step.name()) == Precision.BF16;
        return reduced && lower(program, index, step, given, DataType.BF16)
                || lower(program, index, step, given, DataType.F32);
    }

    private static boolean lower(ProgramBuilder program, int index, BandedBlock block, BandsRule rule) {
        boolean reduced = program.options().precisionOf(block.expand().name()) == Precision.BF16;
        program.begin(index + block.steps().size() - 1, reduced ? DataType.BF16 : DataType.F32, Algorithm.DEPTHWISE);
        return Bands.lower(program, block, rule);
    }

    private static boolean lower(ProgramBuilder program, int index, Step step, Algorithm algorithm, DataType type) {
        program.begin(index, type, algorithm);
        Family family = reasonAgainst(step).isEmpty() ? family(step.layer()) : null;
        return family != null && family.lower(program, step);
    }

    /** Why no primitive can run a step, whatever its parameters; empty if one may. */
    static String reasonAgainst(Step step) {
        if (family(step.layer()) == null) {
            return "no primitive for " + step.layer().word();
        }
        if (step.layer() instanceof Reshape) {
            return "";
        }
        List<Value> values = Stream.concat(step.reads().stream(), step.destinations().stream())
                .toList();
        for (Value value : values) {
            if (value.dataType() != DataType.F32) {
                return value + " is not f32";
            }
            if (value.shape().elements() == 0) {
                return value + " is empty";
            }
        }
        for (PostOp postOp : step.postOps()) {
            boolean known = postOp instanceof PostOp.Apply apply
                    ? Eltwise.of(apply.activation()) != null
                    : FusedPostOps.algorithm(((PostOp.Combine) postOp).op()) != 0;
            if (!known) {
                return "no primitive for " + postOp;
            }
        }
        Shape src = step.sources().get(0).shape();
        if (step.layer() instanceof Convolution convolution) {
            return Windows.reasonAgainst(convolution.window(), src, false);
        } else if (step.layer() instanceof TransposedConvolution transposed) {
            return Windows.reasonAgainst(transposed.window(), step.destination().shape(), true);
        } else if (step.layer() instanceof Pooling pooling) {
            return Windows.reasonAgainst(pooling.window(), src, false);
        }
        return "";
    }

    private static @Nullable Family family(Layer layer) {
        return FAMILIES.get(layer.getClass());
    }

    private static void runInJava(ProgramBuilder program, Step step) {
        List<Instruction.View> sources = step.sources().stream()
                .map(value -> new Instruction.View(program.readPlain(value), value.type()))
                .toList();
        List<Instruction.View> operands = step.postOps().stream()
                .filter(PostOp.Combine.class::isInstance)
                .map(postOp -> ((PostOp.Combine) postOp).operand())
                .map(value -> new Instruction.View(program.readPlain(value), value.type()))
                .toList();
        List<Instruction.View> destinations = step.destinations().stream()
                .map(value -> new Instruction.View(program.write(value, Layout.PLAIN), value.type()))
                .toList();
        StepReport report = new StepReport(
                step.name(), step.word(), step.destination().shape().toString(), "java", reasonAgainst(step), true);
        program.add(new Instruction.JavaCall(step, sources, operands, destinations, report));
    }
}
