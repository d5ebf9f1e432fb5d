package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.layer.Window;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** What a call costs: a network of one 1x1 convolution on a 1x8x4x4 tensor in direct buffers, on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 7, time = 1)
@Fork(1)
public class CallOverhead {
    private static final Shape SHAPE = Shape.of(1, 8, 4, 4);

    private final Session session = Session.open(net(), SessionOptions.throughput());
    private final List<Tensor> inputs = List.of(Tensor.zeros(new TensorType(DataType.F32, SHAPE)));
    private final List<Tensor> outputs = List.of(Tensor.zeros(new TensorType(DataType.F32, SHAPE)));

    private static Graph net() {
        return Graph.builder("call")
                .input("src", SHAPE)
                .convolution(
                        Window.square(1), Tensor.zeros(TensorType.f32(8, 8, 1, 1)), Tensor.zeros(TensorType.f32(8)))
                .build();
    }

    /** One run into memory that is there already. */
    @Benchmark
    public void run() {
        session.run(inputs, outputs);
    }

    /** Closes the session. */
    @TearDown
    public void close() {
        session.close();
    }

    /** Measures in a JVM of its own and prints time and garbage of a call. */
    static void measure() {
        try {
            new Runner(new OptionsBuilder()
                            .include(CallOverhead.class.getName() + ".run")
                            .addProfiler(GCProfiler.class)
                            .build())
                    .run();
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH does not run: " + e.getMessage(), e);
        }
    }
}
