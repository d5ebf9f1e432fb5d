package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gates of a squeeze-excite block (Hu et al. 2018, <i>Squeeze-and-Excitation Networks</i>) times constant weights, or times a
 * map, and the pointwise convolution that alone reads the product, if our kernel is the fastest for it: the weights are packed
 * once, and the packed ones multiplied in each run; or the pixels of the map are, while they are copied. In f32.
 *
 * @param product of the gates, one for each channel of the map, and the weights or the map
 * @param convolution of the map by the weights, one of which is multiplied by the gates
 * @param map the one that is not multiplied yet
 * @param weights the constant ones
 * @param gates what either is multiplied by
 */
record GatedConvolution(Step product, Step convolution, Value map, Value weights, Value gates) implements Together {
    /** The one that begins with a step; null if there is none. */
    static @Nullable GatedConvolution at(Chain chain, int index) {
        List<Step> steps = chain.steps();
        Step first = steps.get(index);
        if (index + 1 >= steps.size()
                || !(first.layer() instanceof Binary binary)
                || binary.op() != Binary.Op.MUL
                || !first.postOps().isEmpty()) {
            return null;
        }
        Step next = steps.get(index + 1);
        if (!isConvolution(chain, next)) {
            return null;
        }
        boolean ofWeights = chain.isPrivate(first, next, 1);
        if (!ofWeights && !(chain.isPointwiseAfter(first, next) && takesFip(chain.options(), next))) {
            return null;
        }
        for (int source = 0; source < 2; source++) {
            Value gated = first.sources().get(source);
            Value gates = first.sources().get(1 - source);
            if (gated.shape().equals(first.destination().shape())
                    && isGate(gates.shape(), gated.shape().extent(1))
                    && (!ofWeights || chain.plan().constants().containsKey(gated))) {
                Value map = ofWeights ? next.sources().get(0) : gated;
                Value weights = ofWeights ? gated : next.sources().get(1);
                return new GatedConvolution(first, next, map, weights, gates);
            }
        }
        return null;
    }

    private static boolean isConvolution(Chain chain, Step step) {
        return step.layer() instanceof Convolution layer
                && layer.groups() == 1
                && layer.window().rank() == 2
                && Chain.isPlainlyPointwise(layer.window())
                && (IndirectRule.halvesVector(step, layer.window()) || takesFip(chain.options(), step))
                && chain.options().precisionOf(step.name()) == Precision.F32
                && (step.sources().size() == 2
                        || chain.plan().constants().containsKey(step.sources().get(2)))
                && Lowering.reasonAgainst(step).isEmpty();
    }

    private static boolean takesFip(ExecutionOptions options, Step convolution) {
        Window window = ((Convolution) convolution.layer()).window();
        return options.algorithms().winograd() && FipRule.pays(convolution, window);
    }

    private static boolean isGate(Shape gates, int channels) {
        return gates.rank() == 4 && gates.extent(1) == channels && gates.elements() == channels;
    }

    @Override
    public List<Step> steps() {
        return List.of(product, convolution);
    }

    @Override
    public boolean lower(ProgramBuilder program, int index) {
        Algorithm algorithm = takesFip(program.options(), convolution) ? Algorithm.FIP : Algorithm.INDIRECT;
        program.begin(index + 1, DataType.F32, algorithm);
        Indirect.of(program, convolution).lower(this);
        return true;
    }
}
