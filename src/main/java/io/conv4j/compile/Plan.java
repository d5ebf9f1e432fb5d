package io.conv4j.compile;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a back end prepares: steps in the order in which they run, and the values they read and write.
 *
 * @param name the graph's
 * @param steps in the order of execution
 * @param inputs what a run takes
 * @param outputs what a run gives; may name inputs or constants, and one value twice
 * @param constants values that are the same in every run
 */
public record Plan(
        String name, List<Step> steps, List<Value> inputs, List<Value> outputs, Map<Value, Tensor> constants) {
    /** Copies the lists. */
    public Plan {
        steps = List.copyOf(steps);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    }

    /** Every node of a graph as a step of its own: the graph as it is written. */
    public static Plan of(Graph graph) {
        List<Step> steps = new ArrayList<>();
        for (Node node : graph.nodes()) {
            steps.add(Step.of(node));
        }
        return new Plan(graph.name(), steps, graph.inputs(), graph.outputs(), graph.constants());
    }
}
