package io.conv4j.runtime;

import static io.conv4j.runtime.Fixtures.fixed;
import static io.conv4j.runtime.Fixtures.latency;
import static io.conv4j.runtime.Fixtures.ones;
import static io.conv4j.runtime.Fixtures.symbolic;
import static io.conv4j.runtime.Fixtures.throughput;
import static io.conv4j.runtime.Fixtures.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one thread sees of a session. */
class SessionTest {
    private final FakeBackend backend = new FakeBackend();

    @AfterEach
    void contractWasKept() {
        backend.expectAllClosed();
        assertThat(backend.broken).isEmpty();
    }

    @Test
    void runsInAllThreeForms() {
        for (SessionOptions options : List.of(throughput(2), latency())) {
            try (Session session = Session.open(fixed(), options, backend)) {
                Tensor dst = zeros(2);
                session.run(List.of(ones(2)), List.of(dst));

                assertThat(dst.toFloats()).containsOnly(2);
                assertThat(session.run(ones(2)).toFloats()).containsOnly(2);
                Map<String, Tensor> results = session.run(Map.of("src", ones(2)));
                assertThat(results).containsOnlyKeys(session.outputs().get(0).name());
                assertThat(results.values().iterator().next().toFloats()).containsOnly(2);
            }
        }
    }

    @Test
    void compilesFixedShapesAtOpeningAndOthersAtTheFirstRun() {
        try (Session session = Session.open(fixed(), throughput(2), backend)) {
            assertThat(backend.prepared).hasValue(1);
            session.run(ones(2));
            assertThat(backend.prepared).hasValue(1);
        }
        try (Session session = Session.open(symbolic(), throughput(2), backend)) {
            assertThat(backend.prepared).hasValue(1);
            session.prepare(Map.of("src", Shape.of(1, 5, 2)));
            assertThat(backend.prepared).hasValue(2);
            session.run(ones(5));
            assertThat(backend.prepared).hasValue(2);
            session.run(ones(6));
            assertThat(backend.prepared).hasValue(3);
        }
    }

    @Test
    void keepsThePlansUsedLast() {
        try (Session session = Session.open(symbolic(), throughput(1).planCacheCapacity(2), backend)) {
            session.run(ones(1));
            session.run(ones(2));
            session.run(ones(1));
            session.run(ones(3));
            assertThat(backend.executablesClosed).hasValue(1);
            session.run(ones(1));
            assertThat(backend.prepared).as("1 was used after 2, so 2 went").hasValue(3);
            session.run(ones(2));
            assertThat(backend.prepared).hasValue(4);
            assertThat(backend.executablesClosed).hasValue(2);
        }
    }

    @Test
    void countsNativeBytesDownToNothing() {
        Session session = Session.open(symbolic(), throughput(1), backend);
        assertThat(session.nativeBytes()).isZero();
        session.run(ones(1));
        session.run(ones(2));
        assertThat(session.nativeBytes()).isEqualTo(2 * (FakeBackend.EXECUTABLE_BYTES + FakeBackend.CONTEXT_BYTES));
        session.close();
        assertThat(session.nativeBytes()).isZero();
    }

    @Test
    void closesTwiceAndRefusesAfterwards() {
        Session session = Session.open(fixed(), latency(), backend);
        session.close();
        session.close();
        String message = "session 'small' is closed";
        assertThatThrownBy(() -> session.run(ones(2)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> session.run(List.of(ones(2)), List.of(zeros(2))))
                .hasMessage(message);
        assertThatThrownBy(() -> session.run(Map.of("src", ones(2)))).hasMessage(message);
        assertThatThrownBy(session::describe).hasMessage(message);
        assertThatThrownBy(() -> session.prepare(Map.of())).hasMessage(message);
        assertThat(session).hasToString("Session small on fake, closed");
    }

    @Test
    void givesTheContextBackAfterAFailedRun() {
        for (SessionOptions options : List.of(throughput(1), latency())) {
            try (Session session = Session.open(fixed(), options, backend)) {
                backend.whileRunning = () -> {
                    throw new Conv4jException("step 'x' failed");
                };
                for (int i = 0; i < 3; i++) {
                    assertThatThrownBy(() -> session.run(ones(2)))
                            .isInstanceOf(Conv4jException.class)
                            .hasMessage("step 'x' failed");
                }
                backend.whileRunning = () -> {};
                assertThat(session.run(ones(2)).toFloats()).containsOnly(2);
            }
        }
    }

    @Test
    void closesWhatWasOpenedWhenPreparingFails() {
        for (SessionOptions options : List.of(throughput(1), latency())) {
            backend.whilePreparing = () -> {
                throw new Conv4jException("no primitive");
            };
            assertThatThrownBy(() -> Session.open(fixed(), options, backend)).hasMessage("no primitive");
            backend.whilePreparing = () -> {};
            backend.whileMakingContext = () -> {
                throw new Conv4jException("no memory");
            };
            assertThatThrownBy(() -> Session.open(fixed(), options, backend)).hasMessage("no memory");
            backend.whileMakingContext = () -> {};
        }
        assertThat(backend.prepared).hasValue(2);
        assertThat(backend.executablesClosed).hasValue(2);
    }

    @Test
    void aShapeThatFailedCanBeTriedAgain() {
        try (Session session = Session.open(symbolic(), throughput(1), backend)) {
            backend.whilePreparing = () -> {
                throw new Conv4jException("no primitive");
            };
            assertThatThrownBy(() -> session.run(ones(1))).hasMessage("no primitive");
            backend.whilePreparing = () -> {};
            assertThat(session.run(ones(1)).toFloats()).containsOnly(2);
        }
    }

    @Test
    void passesNanAndInfinityThrough() {
        try (Session session = Session.open(fixed(), throughput(1), backend)) {
            Tensor src = Tensor.of(Fixtures.SHAPE, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0);
            assertThat(session.run(src).toFloats())
                    .containsExactly(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1);
        }
    }

    @Test
    void checksInputs() {
        try (Session session = Session.open(symbolic(), throughput(1), backend)) {
            refuses(session, List.of(), "the model takes 1 inputs [src [f32 1xNx2]], got 0");
            refuses(session, List.of(ones(1), ones(1)), "the model takes 1 inputs [src [f32 1xNx2]], got 2");
            refuses(session, Collections.singletonList(null), "input 'src' is null");
            refuses(
                    session,
                    List.of(Tensor.zeros(DataType.F32, Shape.of(1, 4, 3))),
                    "input 'src' should be f32 1xNx2, got f32 1x4x3");
            refuses(
                    session,
                    List.of(Tensor.zeros(DataType.F32, Shape.of(4, 2))),
                    "input 'src' should be f32 1xNx2, got f32 4x2");
            refuses(
                    session,
                    List.of(Tensor.zeros(DataType.S32, Shape.of(1, 4, 2))),
                    "input 'src' should be f32 1xNx2, got s32 1x4x2");
        }
        assertThat(backend.prepared).hasValue(0);
    }

    private static void refuses(Session session, List<Tensor> inputs, String message) {
        assertThatThrownBy(() -> session.run(inputs, List.of(zeros(2))))
                .isInstanceOf(Conv4jException.class)
                .hasMessage(message);
    }

    @Test
    void checksNames() {
        try (Session session = Session.open(fixed(), throughput(1), backend)) {
            assertThatThrownBy(() -> session.run(Map.of("image", ones(2))))
                    .hasMessage("the model takes inputs [src [f32 1x2x2]]; missing: [src]; it has none named: [image]");
            assertThatThrownBy(() -> session.run(Map.of()))
                    .hasMessage("the model takes inputs [src [f32 1x2x2]]; missing: [src]");
            Map<String, Tensor> withNull = new HashMap<>();
            withNull.put("src", null);
            assertThatThrownBy(() -> session.run(withNull)).hasMessage("input 'src' is null");
            assertThatThrownBy(() -> session.prepare(Map.of("image", Shape.of(1))))
                    .hasMessageContaining("it has none named: [image]");
        }
    }

    @Test
    void checksOutputs() {
        Graph two = twoOutputs();
        try (Session session = Session.open(Model.of(two), throughput(1), backend)) {
            Tensor src = ones(2);
            Tensor dst = zeros(2);
            refusesOutputs(session, src, List.of(dst), "got room for 1");
            refusesOutputs(session, src, List.of(dst, zeros(3)), "output 'tanh' should be f32 1x2x2, got f32 1x3x2");
            refusesOutputs(session, src, List.of(dst, src), "output 'tanh' shares its memory with an input");
            refusesOutputs(session, src, List.of(src, dst), "output 'relu' shares its memory with an input");
            refusesOutputs(session, src, List.of(dst, dst), "output 'tanh' shares its memory");
            Tensor view = dst.reshape(Shape.of(4)).reshape(Fixtures.SHAPE);
            refusesOutputs(session, src, List.of(dst, view), "output 'tanh' shares its memory");
            ByteBuffer readOnly = zeros(2).bytes().asReadOnlyBuffer();
            refusesOutputs(
                    session,
                    src,
                    List.of(Tensor.wrap(DataType.F32, Fixtures.SHAPE, readOnly), dst),
                    "output 'relu' wraps a read-only buffer");
        }
        assertThat(backend.runs).hasValue(0);
    }

    private static Graph twoOutputs() {
        GraphBuilder builder = Graph.builder("two");
        var src = builder.input("src", new TensorType(DataType.F32, Fixtures.SHAPE));
        var relu = builder.add("relu", io.conv4j.layer.Activation.relu(), List.of(src));
        var tanh =
                builder.add("tanh", io.conv4j.layer.Activation.of(io.conv4j.layer.Activation.Kind.TANH), List.of(src));
        return builder.output(relu.get(0)).output(tanh.get(0)).build();
    }

    private static void refusesOutputs(Session session, Tensor src, List<Tensor> outputs, String message) {
        assertThatThrownBy(() -> session.run(List.of(src), outputs))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining(message);
    }

    @Test
    void namedExtentsAgreeBetweenInputs() {
        List<TensorInfo> infos = List.of(
                new TensorInfo("a", DataType.F32, List.of("N", "?")),
                new TensorInfo("b", DataType.F32, List.of("N", "?")));

        assertThat(RunCheck.shapes(infos, Map.of("a", Shape.of(2, 3), "b", Shape.of(2, 4))))
                .containsExactly(Shape.of(2, 3), Shape.of(2, 4));
        assertThatThrownBy(() -> RunCheck.shapes(infos, Map.of("a", Shape.of(2, 3), "b", Shape.of(4, 4))))
                .hasMessage("extent N is 2 in input 'a' and 4 in input 'b' of shape 4x4");
        assertThatThrownBy(() -> RunCheck.shapes(infos, Map.of("a", Shape.of(2, 3))))
                .hasMessage("the shape of input b [f32 Nx?] is to be chosen: give one");
    }
}
