package io.conv4j.runtime;

import static io.conv4j.runtime.Fixtures.SHAPE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.layer.Activation;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a session says of itself; the fake back end calls its relu a slow Java kernel. */
class SessionDescriptionTest {
    private final FakeBackend backend = new FakeBackend();

    @Test
    void isATableThatMarksSlowSteps() {
        Graph graph = Graph.builder("net")
                .input("src", SHAPE)
                .activation(Activation.of(Activation.Kind.TANH))
                .relu()
                .build();
        try (Session session = Session.open(Model.of(graph), Fixtures.throughput(3), backend)) {
            SessionDescription description = session.describe();

            assertThat(description).hasToString("""
                            net for [f32 1x2x2]
                            back end fake (fake 1.0), throughput, f32, intraOpThreads 1, contexts 3, optimizationLevel none, tuning rule
                               step    layer  dst    implementation  algorithm
                            0  tanh_0  tanh   1x2x2  fake_avx512     direct
                            1  relu_1  relu   1x2x2  java            direct  << slow
                            2 steps: 1 native, 1 in Java, 1 slow; native crossings per run: 1; arena 3 KiB, at least 2 are needed
                            """);
            assertThat(description.slowSteps()).extracting(StepReport::name).containsExactly("relu_1");
            assertThat(description.nativeSteps()).isEqualTo(1);
            assertThat(description.javaSteps()).isEqualTo(1);
        }
    }

    @Test
    void saysWhichShapesItIsAbout() {
        try (Session session = Session.open(Fixtures.symbolic(), Fixtures.latency(), backend)) {
            assertThatThrownBy(session::describe)
                    .isInstanceOf(Conv4jException.class)
                    .hasMessage("nothing is compiled yet, as the shapes of inputs [src [f32 1xNx2]] are to be chosen: "
                            + "run once, or call describe with shapes");

            SessionDescription given = session.describe(Map.of("src", Shape.of(1, 3, 2)));
            assertThat(given.inputs()).containsExactly(TensorType.f32(1, 3, 2));
            assertThat(given.mode()).isEqualTo(Mode.LATENCY);
            assertThat(given.intraOpThreads()).isEqualTo(2);

            session.run(Fixtures.ones(4));
            assertThat(session.describe().inputs()).as("the one used last").containsExactly(TensorType.f32(1, 4, 2));
            assertThatThrownBy(() -> session.describe(Map.of("src", Shape.of(2, 3, 2))))
                    .hasMessage("input 'src' should be f32 1xNx2, got 2x3x2");
        }
    }
}
