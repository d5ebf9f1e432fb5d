package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.golden.Difference;
import io.conv4j.golden.OnnxRuntime;
import io.conv4j.graph.Graph;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * ONNX Runtime as the judge of a graph of one input and one output, which it runs as it is written.
 *
 * @param graph what is judged
 * @param src the input
 * @param wanted what ONNX Runtime makes of it
 */
record OutsideJudge(Graph graph, Tensor src, Tensor wanted) {
    /** Asks ONNX Runtime. */
    static OutsideJudge of(Graph graph, Tensor src) {
        String input = graph.inputs().get(0).name();
        String output = graph.outputs().get(0).name();
        try (OnnxRuntime judge = OnnxRuntime.open(OnnxWriter.write(graph), OnnxRuntime.Mode.PLAIN, 1)) {
            return new OutsideJudge(
                    graph,
                    src,
                    Objects.requireNonNull(judge.run(Map.of(input, src)).get(output), output));
        }
    }

    /**
     * Runs the graph twice on oneDNN by the rules of every day, into a tensor of NaN; both results must have the same bits.
     *
     * @param limit fails if the difference from what is wanted is too large
     * @return the steps
     */
    List<StepReport> require(int threads, Consumer<Difference> limit) {
        SessionOptions options = SessionOptions.defaults().backend("onednn").intraOpThreads(threads);
        try (Session session = Session.open(graph, options)) {
            Tensor got = run(session);
            limit.accept(Difference.between(got, wanted));
            ByteBuffer first = got.bytes();
            assertThat(run(session).bytes()).as("second run").isEqualTo(first);
            return session.describe().steps();
        }
    }

    private Tensor run(Session session) {
        Tensor dst = Tensor.zeros(wanted.type());
        for (int i = 0; i < dst.shape().elements(); i++) {
            dst.set(i, Double.NaN);
        }
        session.run(List.of(src), List.of(dst));
        return dst;
    }
}
