package io.conv4j.golden;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.conv4j.backend.Precision;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whole networks in bf16 against what ONNX Runtime made of them in f32: the normalised squared error of every output is within
 * the precision's tolerance, whatever of the network has to be kept in f32 for that.
 */
class Bf16GoldenTest {
    @TestFactory
    Stream<DynamicTest> everyNetworkStaysWithinTheTolerance() {
        return Golden.all().stream().map(golden -> dynamicTest(golden.name(), () -> require(golden)));
    }

    private static void require(Golden golden) {
        SessionOptions options = SessionOptions.throughput().backend("onednn").precision(Precision.BF16);
        try (Session session = Session.open(golden.network().model(), options)) {
            Map<String, Tensor> got = session.run(golden.inputs());
            TightArena.require(session, golden.name());
            golden.outputs().forEach((name, wanted) -> Difference.between(
                            Objects.requireNonNull(got.get(name)), wanted.tensor())
                    .requireNormalised(Precision.BF16.tolerance(), golden.name() + ", output " + name));
        }
    }
}
