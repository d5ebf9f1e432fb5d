package io.conv4j.golden;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.conv4j.backend.Precision;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whole networks in bf16 against what ONNX Runtime made of them in f32: the normalised squared error of every output.
 *
 * <p>Most stay below 1e-3 as they are. Those that do not lose it in their first layers, where all that follows builds on few
 * channels; that is also where f32 costs least. Their last layers in f32 change nothing.
 */
class Bf16GoldenTest {
    private static final double LIMIT = 1e-3;

    /**
     * What is seen, and a half more. Of {@code mlsd_tiny_320} no share of the first layers in f32 brings both the offsets
     * (3.5e-2 as it is) and the scores below the common limit. {@code yunet}'s obj_8 and obj_32 are probabilities below 0.004 everywhere, off by 0.0004 at most.
     */
    private static final Map<String, Double> LIMITS = Map.of(
            "mlsd_tiny_320/coffee", 5e-2,
            "ppocrv4_det/text_224x448", 2.5e-3,
            "yunet_n_dynamic/astronaut_320x320", 2.5e-2,
            "yunet_n_dynamic/rand_b2_96x128", 2e-3);

    /** The share of a network's layers, from the first on, that brings it below {@link #LIMIT} when it is kept in f32. */
    private static final Map<String, Double> KEPT = Map.of(
            "ppocrv4_det/text_224x448", 0.1,
            "yunet_n_dynamic/astronaut_320x320", 0.2,
            "yunet_n_dynamic/rand_b2_96x128", 0.35);

    @TestFactory
    Stream<DynamicTest> everyNetworkStaysWithinItsLimit() {
        return Golden.all().stream()
                .map(golden -> dynamicTest(
                        golden.name(), () -> require(golden, Set.of(), LIMITS.getOrDefault(golden.name(), LIMIT))));
    }

    @TestFactory
    Stream<DynamicTest> firstLayersInF32BringNetworksWithinTheCommonLimit() {
        return Golden.all().stream()
                .filter(golden -> KEPT.containsKey(golden.name()))
                .map(golden -> dynamicTest(
                        golden.name(),
                        () -> require(golden, first(golden, Objects.requireNonNull(KEPT.get(golden.name()))), LIMIT)));
    }

    private static Set<String> first(Golden golden, double share) {
        Map<String, Shape> shapes = new HashMap<>();
        golden.inputs().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        Graph graph = golden.network().model().graph(shapes);
        return graph.nodes().stream()
                .limit(Math.round(share * graph.nodes().size()))
                .map(Node::name)
                .collect(Collectors.toSet());
    }

    private static void require(Golden golden, Set<String> keptF32, double limit) {
        SessionOptions options = SessionOptions.throughput()
                .backend("onednn")
                .precision(Precision.BF16)
                .keptF32(keptF32);
        try (Session session = Session.open(golden.network().model(), options)) {
            Map<String, Tensor> got = session.run(golden.inputs());
            TightArena.require(session, golden.name());
            golden.outputs().forEach((name, wanted) -> Difference.between(
                            Objects.requireNonNull(got.get(name)), wanted.tensor())
                    .requireNormalised(limit, golden.name() + ", output " + name));
        }
    }
}
