package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.checkThreads;
import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fully connected layers of few rows. */
class GemvTest {
    private static GraphBuilder src(int rows, int inputs) {
        return Graph.builder("few rows").input("src", Shape.of(rows, inputs));
    }

    private static GraphBuilder dense(GraphBuilder builder, int outputs) {
        Shape weights = Shape.of(outputs, builder.value().shape().extent(1));
        return builder.dense(random(weights), random(Shape.of(outputs)));
    }

    private static void expectOurs(List<StepReport> steps) {
        assertThat(steps)
                .as("%s", steps)
                .anyMatch(step ->
                        step.algorithm().equals("gemv") && step.implementation().equals("conv4j"));
    }

    @Test
    void equalsJava() {
        for (int threads : List.of(1, 2, 3)) {
            for (int rows : List.of(1, 2)) {
                expectOurs(check(dense(src(rows, 33), 1000), threads));
                expectOurs(check(dense(src(rows, 4500), 37).relu(), threads));
                expectOurs(check(dense(src(rows, 1), 1), threads));
            }
        }
    }

    @Test
    void activationsThatTheKernelLacksFollow() {
        expectOurs(check(dense(src(1, 40), 20).activation(new Activation(Activation.Kind.SWISH, 1.5f, 0)), 1));
        expectOurs(check(dense(src(1, 40), 20).activation(Activation.of(Activation.Kind.TANH)), 1));
    }

    @Test
    void addsAResidualThatDiesInPlace() {
        GraphBuilder builder = src(1, 300);
        Value residual = dense(builder, 300).relu().value();

        List<StepReport> steps = check(dense(builder, 300).add(residual).relu(), 2);

        assertThat(steps).as("%s", steps).noneMatch(step -> step.layer().startsWith("Binary"));
    }

    private static GraphBuilder convolution(GraphBuilder builder, Window window, int outputs) {
        int[] weights = new int[window.rank() + 2];
        weights[0] = outputs;
        weights[1] = builder.value().shape().extent(1);
        System.arraycopy(window.kernel(), 0, weights, 2, window.rank());
        return builder.convolution(window, random(Shape.of(weights)), random(Shape.of(outputs)));
    }

    /** What lies before them has channels last, their weights channels first. */
    @Test
    void convolutionsThatSeeAnImageOnceAreFullyConnectedLayers() {
        for (int threads : List.of(1, 3)) {
            GraphBuilder square = Graph.builder("square").input("src", Shape.of(2, 20, 9, 9));
            GraphBuilder pooled =
                    convolution(square, Window.square(3).stride(2), 48).relu();
            expectOurs(check(convolution(pooled, Window.square(4).stride(3), 70).relu(), threads));
            GraphBuilder volume = Graph.builder("volume").input("src", Shape.of(1, 3, 4, 2, 5));
            expectOurs(check(convolution(volume, Window.of(4, 2, 5), 1), threads));
            GraphBuilder row = Graph.builder("row").input("src", Shape.of(1, 24, 40));
            Value first = convolution(row, Window.of(40), 16).value();
            GraphBuilder added = convolution(row.from(first), Window.of(1), 16).add(first);
            expectOurs(check(added.activation(Activation.of(Activation.Kind.TANH)), threads));
        }
    }

    @Test
    void otherConvolutionsStay() {
        for (Window window : List.of(
                Window.square(4).pad(1), Window.square(3), Window.square(2).dilation(3))) {
            GraphBuilder builder = Graph.builder("other").input("src", Shape.of(1, 20, 4, 4));
            assertThat(check(convolution(builder, window, 30), 1))
                    .noneMatch(step -> step.algorithm().equals("gemv"));
        }
        GraphBuilder many = Graph.builder("many").input("src", Shape.of(3, 20, 4, 4));
        assertThat(check(convolution(many, Window.square(4), 30), 1))
                .noneMatch(step -> step.algorithm().equals("gemv"));
    }

    @Test
    void resultsDoNotDependOnThreads() {
        checkThreads(dense(src(2, 3000), 300));
    }

    @Test
    void leavesManyRowsToOnednn() {
        assertThat(check(dense(src(3, 100), 100), 1))
                .noneMatch(step -> step.algorithm().equals("gemv"));
    }
}
