package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Layer;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.TransposedConvolution;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes the steps of a graph. Activations, and sums, products and the like with a second operand, become post-ops of the
 * step whose result they alone read, so that the result is written once.
 *
 * <p>A binary function fuses into the later of the two steps that make its operands, as the other operand is there by then;
 * but rather into a convolution or matrix product than into anything else, which is run later where it came too early. Only
 * such functions are fused as native libraries have as post-ops: another would drag the whole step to a slow path.
 */
final class Fusion {
    /** More than this on one step is a strange graph, and a back end may try them all. */
    private static final int MOST_POST_OPS = 8;

    private final Map<Value, Integer> uses = new HashMap<>();
    private final List<@Nullable Step> steps = new ArrayList<>();
    private final Map<Value, Integer> places = new HashMap<>();

    /** A way to fuse a node: into the step that makes a value, by post-ops that may read another. */
    private record Candidate(
            Step step,
            int place,
            List<PostOp> postOps,
            @Nullable Value operand) {
        /** Convolutions and products are better, then what comes later. */
        boolean isBetterThan(Candidate other) {
            boolean product = isProduct(step.layer());
            return product == isProduct(other.step.layer()) ? place > other.place : product;
        }
    }

    private Fusion(Graph graph) {
        use(graph.outputs());
        for (Node node : graph.nodes()) {
            use(node.inputs());
        }
    }

    private void use(List<Value> values) {
        for (Value value : values) {
            uses.put(value, uses.getOrDefault(value, 0) + 1);
        }
    }

    /** The plan of a graph with all fused that can be. */
    static Plan plan(Graph graph) {
        Fusion fusion = new Fusion(graph);
        for (Node node : graph.nodes()) {
            fusion.add(node);
        }
        List<Step> steps = new ArrayList<>();
        for (Step step : fusion.steps) {
            if (step != null) {
                steps.add(step);
            }
        }
        return new Plan(graph.name(), steps, graph.inputs(), graph.outputs(), graph.constants());
    }

    private void add(Node node) {
        List<Candidate> candidates = new ArrayList<>();
        if (node.layer() instanceof Activation activation && isPostOp(activation)) {
            consider(node, node.inputs().get(0), List.of(new PostOp.Apply(activation)), null, candidates);
        } else if (node.layer() instanceof Binary binary && isPostOp(binary.op())) {
            consider(node, binary.op(), candidates);
        }
        Candidate best = null;
        for (Candidate candidate : candidates) {
            best = best == null || candidate.isBetterThan(best) ? candidate : best;
        }
        if (best != null) {
            fuse(node, best);
            return;
        }
        for (Value output : node.outputs()) {
            places.put(output, steps.size());
        }
        steps.add(Step.of(node));
    }

    private void consider(Node node, Binary.Op op, List<Candidate> candidates) {
        Value a = node.inputs().get(0);
        Value b = node.inputs().get(1);
        consider(node, a, List.of(new PostOp.Combine(op, b)), b, candidates);
        if (op.isCommutative()) {
            consider(node, b, List.of(new PostOp.Combine(op, a)), a, candidates);
        } else if (op == Binary.Op.SUB) {
            // a − b = −b + a
            PostOp negate = new PostOp.Apply(new Activation(Activation.Kind.LINEAR, -1, 0));
            consider(node, b, List.of(negate, new PostOp.Combine(Binary.Op.ADD, a)), a, candidates);
        }
    }

    private void consider(
            Node node, Value value, List<PostOp> postOps, @Nullable Value operand, List<Candidate> candidates) {
        int place = places.getOrDefault(value, -1);
        Step step = place < 0 ? null : steps.get(place);
        if (step != null
                && Objects.equals(uses.get(value), 1)
                && value.type().equals(node.output().type())
                && value.dataType().floating()
                && step.postOps().size() + postOps.size() <= MOST_POST_OPS
                && takes(step, postOps)) {
            candidates.add(new Candidate(step, place, postOps, operand));
        }
    }

    private void fuse(Node node, Candidate best) {
        List<PostOp> postOps = new ArrayList<>(best.step.postOps());
        postOps.addAll(best.postOps);
        Step fused = new Step(best.step.origin(), best.step.layer(), best.step.sources(), postOps, node.outputs());
        int ready = best.operand == null ? -1 : places.getOrDefault(best.operand, -1);
        int place = best.place;
        if (ready > place) {
            // Nothing but the node reads the step's result: the step may as well run where the node stood.
            steps.set(place, null);
            place = steps.size();
            steps.add(null);
        }
        steps.set(place, fused);
        places.put(node.output(), place);
    }

    private static boolean takes(Step step, List<PostOp> postOps) {
        Layer layer = step.layer();
        if (layer instanceof BatchNormalization) {
            return step.postOps().isEmpty() && postOps.equals(List.of(new PostOp.Apply(Activation.relu())));
        }
        return isProduct(layer) || layer instanceof Pooling || layer instanceof Binary binary && isPostOp(binary.op());
    }

    /** Whether a layer multiplies and adds, so that what follows it costs little. */
    static boolean isProduct(Layer layer) {
        return layer instanceof Convolution
                || layer instanceof TransposedConvolution
                || layer instanceof Dense
                || layer instanceof MatMul;
    }

    /** Whether libraries run a function as a post-op. */
    static boolean isPostOp(Activation activation) {
        return switch (activation.kind()) {
            case FLOOR, CEIL, ERF, NOT -> false;
            default -> true;
        };
    }

    private static boolean isPostOp(Binary.Op op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MIN, MAX -> true;
            default -> false;
        };
    }
}
