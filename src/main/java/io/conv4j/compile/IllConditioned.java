package io.conv4j.compile;

import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Quantize;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Slice;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.Transpose;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the steps that must not be computed in a short floating-point type, because an output shows their rounding errors
 * enlarged. What is rounded n times is off by n · r, where r is the mean square of the relative error of one rounding, as
 * errors of different roundings hardly correlate (Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis,
 * SIAM J. Sci. Comput. 41, 2019). That is what a network's outputs are off by unless its end is ill-conditioned. Two kinds
 * of ends are found here; neither heals if the last layers alone are exact, as what they are given is off already, so that
 * all that leads there counts.
 *
 * <ul>
 *   <li><b>Decisions.</b> Numbers are compared, or integers made of them, and a floating-point output depends on what comes
 *       out: where peaks are picked, say. Two neighbours that are nearly equal change places, or become equal, and the
 *       output is off by a whole element however small the error was. Quantisation is no decision, as its steps are small;
 *       nor do outputs of integers count, whose errors have no size.
 *   <li><b>Steep sigmoids and exponentials.</b> dσ/σ = (1 − σ) dx and deˣ/eˣ = dx: an absolute error of the argument
 *       becomes a relative one of the output. The argument is a sum of products. If the source of these is of order one, as
 *       it is in normalised networks, dx² = g · n · r, where g is the sum of squares of the weights that meet in one dst
 *       element. Where σ is near 1 it is better than that, but nothing says that it is anywhere. Softmax does not count: the
 *       steeper it is, the closer to 1 is its largest element, and the smaller the error, unless two compete. Nor does an
 *       output in which others lie beside the sigmoid, as its error is measured by theirs.
 * </ul>
 */
public final class IllConditioned {
    /** Weights are rounded, and the result. */
    private static final int ROUNDINGS_OF_PRODUCTS = 2;

    private final Plan plan;
    private final Map<Value, Step> makers = new HashMap<>();

    /** How often a value was rounded, its makers with it, on the longest way from the inputs. */
    private final Map<Value, Integer> roundings = new HashMap<>();

    private IllConditioned(Plan plan) {
        this.plan = plan;
        for (Step step : plan.steps()) {
            int most = 0;
            for (Value value : step.reads()) {
                most = Math.max(most, roundings(value));
            }
            for (Value value : step.destinations()) {
                makers.put(value, step);
                roundings.put(value, most + roundings(step.layer()));
            }
        }
    }

    /**
     * The steps of a plan that lead to an ill-conditioned output, in the plan's order.
     *
     * @param rounding the mean square of the relative error that one rounding makes
     * @param limit the largest mean square of an output's relative error that is good enough
     */
    public static List<Step> steps(Plan plan, double rounding, double limit) {
        IllConditioned found = new IllConditioned(plan);
        List<Step> last = found.decisions();
        for (Value output : plan.outputs()) {
            Step maker = found.makers.get(output);
            Step steep = maker == null ? null : found.steep(maker);
            if (steep != null && found.error(steep, rounding) > limit) {
                last.add(maker);
            }
        }
        return found.leadingTo(last);
    }

    private int roundings(Value value) {
        return roundings.getOrDefault(value, 0);
    }

    private static int roundings(Layer layer) {
        if (Fusion.isProduct(layer)) {
            return ROUNDINGS_OF_PRODUCTS;
        }
        return moves(layer) || layer instanceof Concat || layer instanceof Pad ? 0 : 1;
    }

    /** Whether a layer gives the elements of its only source, or some of them, in another order. */
    private static boolean moves(Layer layer) {
        return layer instanceof Reshape
                || layer instanceof Transpose
                || layer instanceof Slice
                || layer instanceof DepthToSpace
                || layer instanceof SpaceToDepth;
    }

    /** Steps that make integers or truth values of computed numbers, and a floating-point output depends on these. */
    private List<Step> decisions() {
        List<Step> decisions = new ArrayList<>();
        Set<Value> seen = new HashSet<>();
        Deque<Value> open = new ArrayDeque<>();
        for (Value output : plan.outputs()) {
            if (output.dataType().floating()) {
                open.add(output);
            }
        }
        while (!open.isEmpty()) {
            Value value = open.remove();
            Step step = makers.get(value);
            if (step != null && seen.add(value)) {
                if (!value.dataType().floating() && decides(step)) {
                    decisions.add(step);
                }
                open.addAll(step.reads());
            }
        }
        return decisions;
    }

    private boolean decides(Step step) {
        if (step.layer() instanceof Quantize) {
            return false;
        }
        for (Value value : step.reads()) {
            if (value.dataType().floating() && makers.containsKey(value)) {
                return true;
            }
        }
        return false;
    }

    /** The step whose sigmoids or exponentials the result of another, or the same, consists of; null if there is none. */
    private @Nullable Step steep(Step maker) {
        Step step = maker;
        while (step != null && moves(step.layer()) && step.postOps().isEmpty()) {
            step = makers.get(step.sources().get(0));
        }
        Activation last = step == null ? null : lastActivation(step);
        boolean steep = last != null && (last.kind() == Activation.Kind.SIGMOID || last.kind() == Activation.Kind.EXP);
        return steep ? step : null;
    }

    private static @Nullable Activation lastActivation(Step step) {
        if (step.postOps().isEmpty()) {
            return step.layer() instanceof Activation activation ? activation : null;
        }
        PostOp last = step.postOps().get(step.postOps().size() - 1);
        return last instanceof PostOp.Apply apply ? apply.activation() : null;
    }

    /** The mean square of the absolute error of a steep step's argument. */
    private double error(Step steep, double rounding) {
        List<PostOp> postOps = steep.postOps();
        if (postOps.isEmpty()) {
            Value argument = steep.sources().get(0);
            return gain(argument) * roundings(argument) * rounding;
        }
        return gain(steep, postOps.subList(0, postOps.size() - 1)) * roundings(steep.destination()) * rounding;
    }

    private double gain(Value value) {
        Step step = makers.get(value);
        return step == null ? 1 : gain(step, step.postOps());
    }

    /** The mean square of a step's dst if that of what linear steps up to it begin with is 1; 1 if it is not linear. */
    private double gain(Step step, List<PostOp> postOps) {
        double gain = 1;
        for (PostOp postOp : postOps) {
            if (postOp instanceof PostOp.Apply apply && apply.activation().kind() == Activation.Kind.LINEAR) {
                gain *= apply.activation().alpha() * apply.activation().alpha();
            } else if (!isSum(postOp)) {
                return 1;
            }
        }
        if (moves(step.layer())) {
            return gain * gain(step.sources().get(0));
        }
        double own = WeightSquares.perElement(plan, step);
        return Double.isNaN(own) ? 1 : gain * own * gain(step.sources().get(0));
    }

    private static boolean isSum(PostOp postOp) {
        return postOp instanceof PostOp.Combine combine
                && (combine.op() == Binary.Op.ADD || combine.op() == Binary.Op.SUB);
    }

    private List<Step> leadingTo(List<Step> last) {
        // By identity: a step's own hash looks at all that it consists of.
        Set<Step> leading = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Step> open = new ArrayList<>(last);
        while (!open.isEmpty()) {
            Step step = open.remove(open.size() - 1);
            if (leading.add(step)) {
                for (Value value : step.reads()) {
                    Step maker = makers.get(value);
                    if (maker != null) {
                        open.add(maker);
                    }
                }
            }
        }
        List<Step> inOrder = new ArrayList<>();
        for (Step step : plan.steps()) {
            if (leading.contains(step)) {
                inOrder.add(step);
            }
        }
        return inOrder;
    }
}
