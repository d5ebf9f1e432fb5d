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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From a plan to a program: each step to the family that lowers it, or to the Java kernels. */
final class Lowering {
    private Lowering() {}

    static ProgramBuilder lower(Plan plan, ExecutionOptions options, Resources resources) {
        return lower(plan, options, resources, BandsRule.DEFAULT);
    }

    /** The same with another rule for blocks that are run depth first. */
    static ProgramBuilder lower(Plan plan, ExecutionOptions options, Resources resources, BandsRule rule) {
        AlgorithmChoice choice = AlgorithmChoice.of(plan, options);
        ProgramBuilder program = new ProgramBuilder(plan, options, resources);
        Chain chain = new Chain(plan, options);
        for (int i = 0; i < plan.steps().size(); i++) {
            Together together = Together.at(chain, i, rule);
            int first = program.instructions().size();
            if (together != null && together.lower(program, i)) {
                List<Step> steps = together.steps();
                for (Step each : steps) {
                    program.explain(first, each, reason(options, each, ""));
                }
                program.finish(steps.get(steps.size() - 1));
                i += steps.size() - 1;
                continue;
            }
            Step step = plan.steps().get(i);
            if (!lower(program, i, step, choice.choose(step))) {
                runInJava(program, step);
            }
            program.explain(first, step, reason(options, step, choice.reason(step)));
            program.finish(step);
        }
        program.finish();
        return program;
    }

    /** What the report of a step says: that it is not in the precision asked for, and what the algorithm's choice rests on. */
    private static String reason(ExecutionOptions options, Step step, String choice) {
        if (options.precisionOf(step.name()) == options.precision()) {
            return choice;
        }
        return choice.isEmpty() ? "kept in f32" : "kept in f32, " + choice;
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

    private static boolean lower(ProgramBuilder program, int index, Step step, Algorithm algorithm, DataType type) {
        program.begin(index, type, algorithm);
        return reasonAgainst(step).isEmpty() && lowerLayer(program, step);
    }

    /**
     * Lowers a step by the family of its layer; returns false, having written nothing, if there is no primitive for it. Not a
     * table of functions, each of which would be a class that the JVM makes and loads when a first session starts.
     */
    private static boolean lowerLayer(ProgramBuilder program, Step step) {
        Layer layer = step.layer();
        if (layer instanceof Convolution) {
            return ConvolutionLowering.lower(program, step);
        } else if (layer instanceof TransposedConvolution) {
            return TransposedConvolutionLowering.lower(program, step);
        } else if (layer instanceof Pooling) {
            return PoolingLowering.lower(program, step);
        } else if (layer instanceof Dense) {
            return MatMulLowering.lowerDense(program, step);
        } else if (layer instanceof MatMul) {
            return MatMulLowering.lowerMatMul(program, step);
        } else if (layer instanceof Activation) {
            return Elementwise.lowerActivation(program, step);
        } else if (layer instanceof Binary) {
            return Elementwise.lowerBinary(program, step);
        } else if (layer instanceof Resize) {
            return ResizeLowering.lower(program, step);
        }
        return isNormalization(layer) ? lowerNormalization(program, step) : lowerMovement(program, step);
    }

    private static boolean lowerNormalization(ProgramBuilder program, Step step) {
        Layer layer = step.layer();
        if (layer instanceof BatchNormalization) {
            return NormalizationLowering.lowerBatch(program, step);
        } else if (layer instanceof LocalResponseNormalization) {
            return NormalizationLowering.lowerLocalResponse(program, step);
        } else if (layer instanceof Softmax) {
            return NormalizationLowering.lowerSoftmax(program, step);
        }
        return NormalizationLowering.lowerReduce(program, step);
    }

    private static boolean lowerMovement(ProgramBuilder program, Step step) {
        Layer layer = step.layer();
        if (layer instanceof Concat) {
            return MovementLowering.lowerConcat(program, step);
        } else if (layer instanceof Slice) {
            return MovementLowering.lowerSlice(program, step);
        } else if (layer instanceof Pad) {
            return MovementLowering.lowerPad(program, step);
        } else if (layer instanceof Transpose) {
            return MovementLowering.lowerTranspose(program, step);
        } else if (layer instanceof Reshape) {
            return MovementLowering.lowerReshape(program, step);
        } else if (layer instanceof DepthToSpace) {
            return MovementLowering.lowerDepthToSpace(program, step);
        }
        return MovementLowering.lowerSpaceToDepth(program, step);
    }

    private static boolean isNormalization(Layer layer) {
        return layer instanceof BatchNormalization
                || layer instanceof LocalResponseNormalization
                || layer instanceof Softmax
                || layer instanceof Reduce;
    }

    private static boolean isMovement(Layer layer) {
        return layer instanceof Concat
                || layer instanceof Slice
                || layer instanceof Pad
                || layer instanceof Transpose
                || layer instanceof Reshape
                || layer instanceof DepthToSpace
                || layer instanceof SpaceToDepth;
    }

    private static boolean hasFamily(Layer layer) {
        return layer instanceof Convolution
                || layer instanceof TransposedConvolution
                || layer instanceof Pooling
                || layer instanceof Dense
                || layer instanceof MatMul
                || layer instanceof Activation
                || layer instanceof Binary
                || layer instanceof Resize
                || isNormalization(layer)
                || isMovement(layer);
    }

    /** Why no primitive can run a step, whatever its parameters; empty if one may. */
    static String reasonAgainst(Step step) {
        if (!hasFamily(step.layer())) {
            return "no primitive for " + step.layer().word();
        }
        if (step.layer() instanceof Reshape) {
            return "";
        }
        List<Value> values = new ArrayList<>(step.reads());
        values.addAll(step.destinations());
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
