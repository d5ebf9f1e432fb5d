package io.conv4j.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.Conv4jException;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Layers with arguments out of a hat, sources out of a hat and numbers out of a hat: what comes out is a layer, a graph and
 * a result, or conv4j's own exception. The number of layers is that of the system property {@code conv4j.mutations}, times
 * ten; the seed of a failing one is in the message.
 */
class LayerMutationTest {
    private static final int LAYERS = 10 * Integer.getInteger("conv4j.mutations", 350);
    private static final long MOST_ELEMENTS = 4096;
    private static final List<String> BACK_ENDS = List.of("java", "openblas", "onednn");

    /** How far a random layer came. */
    private enum Stage {
        REFUSED,
        DOES_NOT_FIT,
        TOO_LARGE_TO_RUN,
        RUN_REFUSED,
        RAN
    }

    @Test
    void onlyOurExceptionsComeOut() {
        Map<Stage, Integer> stages = new EnumMap<>(Stage.class);
        Map<String, String> failures = new LinkedHashMap<>();
        for (int seed = 0; seed < LAYERS; seed++) {
            RandomLayers random = new RandomLayers(new Random(seed));
            StringBuilder what = new StringBuilder("seed " + seed);
            try {
                stages.merge(examine(random, what), 1, Integer::sum);
            } catch (RuntimeException | Error e) {
                // One of each kind will do.
                failures.putIfAbsent(e + " at " + e.getStackTrace()[0], what.toString());
            }
        }
        assertThat(failures).isEmpty();
        // A generator that makes nothing that runs, or nothing that is refused, would examine nothing.
        for (Stage stage : Stage.values()) {
            assertThat(stages.getOrDefault(stage, 0))
                    .as("%s of %s", stage, stages)
                    .isPositive();
        }
        assertThat(stages.get(Stage.RAN)).as("of %s", stages).isGreaterThan(LAYERS / 20);
    }

    private static Stage examine(RandomLayers random, StringBuilder what) {
        Layer layer;
        List<TensorType> sources;
        try {
            RandomLayers.Draw draw = random.draw();
            layer = draw.layer();
            sources = draw.sources();
        } catch (Conv4jException e) {
            assertThat(e.getMessage()).as(what.toString()).isNotBlank();
            return Stage.REFUSED;
        }
        what.append(": ").append(layer).append(" of ").append(sources);
        List<TensorType> results;
        try {
            results = layer.infer(sources);
        } catch (Conv4jException e) {
            assertThat(e.getMessage()).as(what.toString()).isNotBlank();
            return Stage.DOES_NOT_FIT;
        }
        if (elements(sources) > MOST_ELEMENTS || elements(results) > MOST_ELEMENTS) {
            return Stage.TOO_LARGE_TO_RUN;
        }
        return run(layer, sources, random);
    }

    private static long elements(List<TensorType> types) {
        return types.stream().mapToLong(type -> type.shape().elements()).sum();
    }

    /** All back ends come to the same: a result of the right shapes, or a refusal. */
    private static Stage run(Layer layer, List<TensorType> sources, RandomLayers random) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        GraphBuilder builder = Graph.builder("mutation");
        List<Value> values = new ArrayList<>();
        for (TensorType type : sources) {
            String name = "src" + values.size();
            Tensor tensor = random.numbers(type);
            boolean constant = !values.isEmpty() && random.coin();
            values.add(constant ? builder.constant(name, tensor) : builder.input(name, type));
            if (!constant) {
                inputs.put(name, tensor);
            }
        }
        Graph graph;
        try {
            graph = builder.from(values.get(0))
                    .then(layer, values.subList(1, values.size()).toArray(Value[]::new))
                    .build();
        } catch (Conv4jException e) {
            return Stage.RUN_REFUSED;
        }
        Stage stage = Stage.RAN;
        for (String backend : BACK_ENDS) {
            stage = runs(graph, backend, inputs) ? stage : Stage.RUN_REFUSED;
        }
        return stage;
    }

    private static boolean runs(Graph graph, String backend, Map<String, Tensor> inputs) {
        try (Session session = Session.open(graph, SessionOptions.throughput().backend(backend))) {
            assertThat(session.run(inputs)).hasSize(graph.outputs().size());
            return true;
        } catch (Conv4jException e) {
            assertThat(e.getMessage()).isNotBlank();
            return false;
        }
    }
}
