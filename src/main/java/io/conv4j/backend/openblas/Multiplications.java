package io.conv4j.backend.openblas;

import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** Which steps of a plan are matrix products; the others run in Java. */
final class Multiplications {
    private final IdentityHashMap<Step, Multiplication> prepared = new IdentityHashMap<>();

    Multiplications(Plan plan, int threads) {
        for (Step step : plan.steps()) {
            if (reasonAgainst(step).isEmpty()) {
                prepared.put(step, prepare(step, threads));
            }
        }
    }

    /** Why a step is not computed by OpenBLAS; empty if it is. */
    static String reasonAgainst(Step step) {
        boolean convolution = step.layer() instanceof Convolution || step.layer() instanceof TransposedConvolution;
        if (!convolution && !(step.layer() instanceof Dense || step.layer() instanceof MatMul)) {
            return "OpenBLAS has nothing for " + step.layer().word();
        }
        for (Value source : step.sources()) {
            if (source.dataType() != DataType.F32) {
                return "OpenBLAS multiplies f32 only, not " + source.dataType().word();
            }
            if (source.shape().elements() == 0) {
                return "the product is empty";
            }
        }
        if (step.destination().shape().elements() == 0) {
            return "the product is empty";
        }
        boolean depthwise = convolution
                && groups(step) > 1
                && groups(step) == shape(step, 0).extent(1);
        return depthwise ? "depthwise convolutions have no matrix product worth the name" : "";
    }

    private static int groups(Step step) {
        return step.layer() instanceof Convolution convolution
                ? convolution.groups()
                : ((TransposedConvolution) step.layer()).groups();
    }

    private static Multiplication prepare(Step step, int threads) {
        Shape src = shape(step, 0);
        Shape dst = step.destination().shape();
        if (step.layer() instanceof Convolution convolution) {
            return new ConvolutionProduct(convolution, src, dst, threads);
        }
        if (step.layer() instanceof TransposedConvolution transposed) {
            return new TransposedProduct(transposed, src, dst, threads);
        }
        return step.layer() instanceof Dense
                ? new DenseProduct(src, dst, threads)
                : new MatMulProduct(src, shape(step, 1), dst, threads);
    }

    private static Shape shape(Step step, int source) {
        return step.sources().get(source).shape();
    }

    /** What computes a step of the plan; null if the Java kernels do. */
    @Nullable Multiplication of(Step step) {
        return prepared.get(step);
    }

    /** Elements of a panel that will do for every step. */
    int panelElements() {
        return prepared.values().stream()
                .mapToInt(Multiplication::panelElements)
                .max()
                .orElse(0);
    }

    /** How often one run calls OpenBLAS. */
    int calls() {
        long calls = prepared.values().stream().mapToLong(Multiplication::calls).sum();
        return (int) Math.min(Integer.MAX_VALUE, calls);
    }
}
