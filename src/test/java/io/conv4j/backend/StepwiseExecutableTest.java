package io.conv4j.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.evaluate.Evaluator;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Expand;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepwiseExecutableTest {
    private static final Shape SHAPE = Shape.of(4);

    private static StepwiseExecutable executable(Graph graph) {
        return new StepwiseExecutable(
                Plan.of(graph),
                new ExecutionOptions(1),
                (step, sources, operands, destinations, threads) ->
                        Evaluator.evaluate(step.layer(), sources, destinations),
                StepwiseExecutableTest::report);
    }

    private static StepReport report(Step step) {
        return new StepReport(
                step.name(), step.word(), step.destination().shape().toString(), "test", "", false);
    }

    /** Outputs full of NaN, filled by one run. */
    private static List<Tensor> run(Context context, Graph graph, Tensor... inputs) {
        List<Tensor> outputs = new ArrayList<>();
        for (Value output : graph.outputs()) {
            Tensor tensor = Tensor.zeros(output.type());
            for (int i = 0; i < tensor.shape().elements(); i++) {
                tensor.set(i, Double.NaN);
            }
            outputs.add(tensor);
        }
        context.run(List.of(inputs), outputs);
        return outputs;
    }

    private static Graph chain(int steps) {
        GraphBuilder builder = Graph.builder("chain").input("src", SHAPE);
        for (int i = 0; i < steps; i++) {
            builder.activation(new Activation(Activation.Kind.LINEAR, 2, 1));
        }
        return builder.build();
    }

    @Test
    void runsManyTimesInMemoryForTwoValues() {
        Graph graph = chain(10);
        try (StepwiseExecutable executable = executable(graph);
                Context context = executable.newContext()) {
            assertThat(run(context, graph, Tensor.of(SHAPE, 0, 1, 2, 3)).get(0).toFloats())
                    .containsExactly(1023, 2047, 3071, 4095);
            assertThat(run(context, graph, Tensor.of(SHAPE, 3, 2, 1, 0)).get(0).toFloats())
                    .containsExactly(4095, 3071, 2047, 1023);
            assertThat(context.nativeBytes()).isEqualTo(128);
        }
    }

    @Test
    void keepsWhatIsReadLater() {
        GraphBuilder builder = Graph.builder("residual").input("src", SHAPE);
        builder.activation(new Activation(Activation.Kind.LINEAR, 2, 0));
        Value early = builder.value();
        for (int i = 0; i < 5; i++) {
            builder.activation(new Activation(Activation.Kind.LINEAR, 1, 1));
        }
        Graph graph = builder.add(early).build();
        try (StepwiseExecutable executable = executable(graph);
                Context context = executable.newContext()) {
            assertThat(run(context, graph, Tensor.of(SHAPE, 0, 1, 2, 3)).get(0).toFloats())
                    .containsExactly(5, 9, 13, 17);
        }
    }

    @Test
    void givesInputsConstantsAndOneValueTwice() {
        GraphBuilder builder = Graph.builder("outputs").input("src", SHAPE);
        Value src = builder.value();
        Value constant = builder.constant("constant", Tensor.of(SHAPE, 9, 8, 7, 6));
        Value made = builder.relu().value();
        Value sum = builder.add(constant).value();
        Graph graph = builder.output(src)
                .output(made)
                .output(constant)
                .output(made)
                .output(sum)
                .build();
        try (StepwiseExecutable executable = executable(graph);
                Context context = executable.newContext()) {
            for (int i = 0; i < 2; i++) {
                assertThat(run(context, graph, Tensor.of(SHAPE, -1, 0, 1, 2)))
                        .extracting(tensor -> tensor.toFloats()[3])
                        .containsExactly(2f, 2f, 6f, 2f, 8f);
            }
            assertThat(executable.nativeBytes()).isEqualTo(16);
        }
    }

    @Test
    void measuresEveryStep() {
        Graph graph = chain(3);
        try (StepwiseExecutable executable = executable(graph);
                Context context = executable.newContext()) {
            Tensor dst = Tensor.of(SHAPE, 0, 0, 0, 0);

            long[] nanoseconds = context.profile(List.of(Tensor.of(SHAPE, 0, 1, 2, 3)), List.of(dst));
            assertThat(nanoseconds).hasSameSizeAs(executable.steps());
            assertThat(Arrays.stream(nanoseconds).sum()).isPositive();
            assertThat(dst.toFloats()).containsExactly(7, 15, 23, 31);
        }
    }

    @Test
    void refusesToRunWhenClosed() {
        Graph graph = chain(2);
        try (StepwiseExecutable executable = executable(graph)) {
            Context context = executable.newContext();
            context.close();
            context.close();

            assertThatThrownBy(() -> run(context, graph, Tensor.of(SHAPE, 0, 1, 2, 3)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("chain");
        }
    }

    @Test
    void refusesValuesBeyondTwoGibibytes() {
        GraphBuilder builder = Graph.builder("large").input("src", Shape.of(1));
        builder.then(new Expand(Shape.of(1 << 15, 1 << 15)));
        builder.then(new Binary(Binary.Op.ADD), builder.constant("one", Tensor.of(Shape.of(1), 1)));

        assertThatThrownBy(() -> executable(builder.build()))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("2 GiB")
                .hasMessageContaining("32768x32768");
    }
}
