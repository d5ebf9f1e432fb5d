package io.conv4j.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.Parity;
import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.Layer;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Networks on OpenBLAS: what runs where, who waits for whom, what is freed. */
class OpenblasSessionTest {
    private static final Shape SRC = Shape.of(1, 8, 24, 20);

    private static Tensor reals(int... extents) {
        return ConvolutionGrid.reals(new Random(extents.length), Shape.of(extents));
    }

    private static Graph net() {
        return Graph.builder("net")
                .input("src", SRC)
                .convolution(Window.square(3).pad(1), reals(16, 8, 3, 3), reals(16))
                .relu()
                .convolution(Window.square(3).pad(1), 16, reals(16, 1, 3, 3), reals(16))
                .convolution(Window.square(1), reals(12, 16, 1, 1), reals(12))
                .transposedConvolution(Window.square(4).stride(2).pad(1), reals(12, 3, 4, 4))
                .build();
    }

    private static SessionOptions throughput() {
        return SessionOptions.throughput().backend("openblas");
    }

    @Test
    void describesWhatRunsEachStep() {
        try (Session session = Session.open(net(), throughput())) {
            List<StepReport> steps = session.describe().steps();
            assertThat(steps)
                    .extracting(StepReport::implementation)
                    .containsExactly("openblas", "java", "openblas", "openblas");
            assertThat(steps)
                    .extracting(StepReport::algorithm)
                    .containsExactly("im2col+sgemm", "direct", "sgemm", "sgemm+col2im");
            assertThat(steps).extracting(StepReport::slow).containsExactly(false, true, false, false);
            assertThat(session.describe().nativeCrossings()).isEqualTo(3);
            assertThat(session.describe().toString()).contains("OpenBLAS 0.3");
        }
    }

    @Test
    void eightThreadsShareASession() throws ExecutionException, InterruptedException {
        for (int intraOpThreads : new int[] {1, 2}) {
            SessionOptions options = throughput().intraOpThreads(intraOpThreads).maxContexts(8);
            try (Session session = Session.open(net(), options)) {
                Tensor src = ConvolutionGrid.reals(new Random(1), SRC);
                ByteBuffer alone = session.run(src).bytes();
                ExecutorService callers = Executors.newFixedThreadPool(8);
                try {
                    List<Future<Boolean>> runs = new ArrayList<>();
                    for (int caller = 0; caller < 8; caller++) {
                        runs.add(callers.submit(() -> sameEveryTime(session, src, alone)));
                    }
                    for (Future<Boolean> run : runs) {
                        assertThat(run.get()).isTrue();
                    }
                } finally {
                    callers.shutdownNow();
                }
            }
        }
    }

    private static boolean sameEveryTime(Session session, Tensor src, ByteBuffer wanted) {
        boolean same = true;
        for (int run = 0; run < 50; run++) {
            same &= session.run(src).bytes().equals(wanted);
        }
        return same;
    }

    @Test
    void moreCallersThanOpenblasHasWorkAreasForAreServed() throws ExecutionException, InterruptedException {
        int many = 200;
        try (Session session = Session.open(net(), throughput().maxContexts(many))) {
            Tensor src = ConvolutionGrid.reals(new Random(2), SRC);
            ByteBuffer alone = session.run(src).bytes();
            ExecutorService callers = Executors.newFixedThreadPool(many);
            try {
                List<Future<Boolean>> runs = new ArrayList<>();
                for (int caller = 0; caller < many; caller++) {
                    runs.add(callers.submit(() -> session.run(src).bytes().equals(alone)));
                }
                for (Future<Boolean> run : runs) {
                    assertThat(run.get()).isTrue();
                }
            } finally {
                callers.shutdownNow();
            }
        }
    }

    @Test
    void closingFreesWhatContextsHeld() {
        Tensor src = ConvolutionGrid.reals(new Random(3), SRC);
        long before = NativeMemory.liveBytes();
        Session session = Session.open(net(), throughput());
        session.run(src);
        long panel = 4L * 72 * 480;
        assertThat(NativeMemory.liveBytes() - before).isGreaterThan(panel);
        assertThat(session.nativeBytes()).isGreaterThan(panel);
        session.run(src);
        long held = session.nativeBytes();
        session.run(src);
        assertThat(session.nativeBytes()).isEqualTo(held);

        session.close();
        session.close();
        assertThat(session.nativeBytes()).isZero();
        assertThat(NativeMemory.liveBytes()).isEqualTo(before);
        assertThatThrownBy(() -> session.run(src)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void weightsMayBeInputs() {
        weightsAsInputs(new Convolution(Window.square(3).pad(1), 2), Shape.of(6, 2, 3, 3), Shape.of(6));
        weightsAsInputs(new Convolution(Window.square(1)), Shape.of(6, 4, 1, 1), Shape.of(6));
        weightsAsInputs(
                new TransposedConvolution(Window.square(3).stride(2), 2, List.of(1, 0)),
                Shape.of(4, 3, 3, 3),
                Shape.of(6));
    }

    private static void weightsAsInputs(Layer layer, Shape weights, Shape bias) {
        GraphBuilder builder = Graph.builder("weights");
        List<Tensor> inputs = new ArrayList<>();
        List<Value> values = new ArrayList<>();
        for (Shape shape : List.of(Shape.of(2, 4, 7, 6), weights, bias)) {
            values.add(builder.input("input" + values.size(), shape).value());
            inputs.add(ConvolutionCase.integers(shape, new Random(4), 5));
        }
        Graph graph = builder.from(builder.add("layer", layer, values).get(0)).build();
        new Parity(new OpenblasBackend(), 1).require(graph, inputs, 0, layer.toString());
    }

    @Test
    void otherTypesAndEmptyTensorsRunInJava() {
        GraphBuilder builder = Graph.builder("types");
        Value wide = builder.input("wide", new TensorType(DataType.BF16, Shape.of(2, 3)));
        Value tall = builder.input("tall", new TensorType(DataType.BF16, Shape.of(3, 2)));
        Value none = builder.input("none", Shape.of(2, 0)).value();
        Value more = builder.input("more", Shape.of(4, 0)).value();
        Graph graph = builder.output(
                        builder.add("bf16", new MatMul(), List.of(wide, tall)).get(0))
                .output(builder.add("empty", new Dense(), List.of(none, more)).get(0))
                .build();
        List<Tensor> inputs = new ArrayList<>();
        graph.inputs().forEach(value -> inputs.add(Tensor.zeros(value.type())));
        for (Tensor tensor : inputs) {
            for (int i = 0; i < tensor.shape().elements(); i++) {
                tensor.set(i, i + 1);
            }
        }
        new Parity(new OpenblasBackend(), 1).require(graph, inputs, 0, "bf16 and nothing");
        try (Session session = Session.open(graph, throughput())) {
            assertThat(session.describe().nativeCrossings()).isZero();
            assertThat(session.describe().javaSteps()).isEqualTo(2);
        }
    }
}
