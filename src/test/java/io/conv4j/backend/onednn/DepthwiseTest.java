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

/** Depthwise convolutions on the kernel of our own, and what it leaves to oneDNN. */
class DepthwiseTest {
    private static final Activation SWISH = new Activation(Activation.Kind.SWISH, 1.5f, 0);

    @Test
    void equalsJava() {
        for (int channels : List.of(2, 16, 37, 200)) {
            for (int kernel : List.of(3, 5)) {
                for (int stride : List.of(1, 2)) {
                    Window window = Window.square(kernel).stride(stride).pad(kernel / 2);
                    for (int threads : List.of(1, 2)) {
                        expectOurs(check(convolution(channels, window).relu(), threads), "depthwise");
                        expectOurs(check(convolution(channels, window).softmax(), threads), "depthwise");
                    }
                }
            }
        }
    }

    @Test
    void takesTheMeanInTheSamePass() {
        Window window = Window.square(3).pad(1);
        for (int threads : List.of(1, 2, 3)) {
            GraphBuilder builder = convolution(37, window).activation(SWISH);
            Value whole = builder.value();
            // Not an activation, which would become part of the pooling: then the mean alone is nowhere.
            Value mean = builder.globalAveragePooling().softmax().value();
            List<StepReport> steps = check(builder.from(whole).multiply(mean), threads);
            expectOurs(steps, "depthwise, with ");
            assertThat(steps).as("%s", steps).noneMatch(step -> step.layer().startsWith("Pooling"));
        }
    }

    @Test
    void resultsDoNotDependOnThreads() {
        checkThreads(convolution(40, Window.square(5).pad(2)).globalAveragePooling());
    }

    @Test
    void leavesTheRestToOneDnn() {
        for (Window window : List.of(
                Window.square(3).pad(2),
                Window.square(3).pad(2).dilation(2),
                Window.square(3).stride(3).pad(1),
                Window.square(7).pad(3))) {
            assertThat(check(convolution(16, window), 1))
                    .noneMatch(step -> step.algorithm().startsWith("depthwise"));
        }
    }

    private static void expectOurs(List<StepReport> steps, String algorithm) {
        assertThat(steps)
                .filteredOn(step -> step.algorithm().startsWith(algorithm))
                .hasSize(1)
                .allSatisfy(step -> assertThat(step.implementation()).isEqualTo("conv4j"));
    }

    private static GraphBuilder convolution(int channels, Window window) {
        int kernel = window.axis(0).kernel();
        return Graph.builder("net")
                .input("src", Shape.of(2, channels, 13, 17))
                .convolution(
                        window, channels, random(Shape.of(channels, 1, kernel, kernel)), random(Shape.of(channels)));
    }
}
