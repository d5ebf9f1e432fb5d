package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.checkThreads;
import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Normalisations that are done along with the convolution after them, against the Java back end. */
class PreactivationTest {
    /** Sums that keep the normalisation from being folded into a convolution before it. */
    private GraphBuilder net(int channels, int rows, int columns) {
        GraphBuilder net = Graph.builder("net").input("src", Shape.of(2, channels, rows, columns));
        Value src = net.value();
        return net.maxPooling(Window.square(3).pad(1)).add(src);
    }

    private GraphBuilder normalised(GraphBuilder net) {
        int channels = net.value().shape().extent(1);
        Tensor variance = Tensor.zeros(DataType.F32, Shape.of(channels));
        for (int i = 0; i < channels; i++) {
            variance.set(i, 0.5 + i % 3);
        }
        Tensor other = random(Shape.of(channels));
        return net.batchNormalization(1e-5f, other, other, other, variance);
    }

    private GraphBuilder convolution(GraphBuilder net, Window window, int channels) {
        int sources = net.value().shape().extent(1);
        int[] kernel = window.kernel();
        return net.convolution(
                window, random(Shape.of(channels, sources, kernel[0], kernel[1])), random(Shape.of(channels)));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 20, 9, 9, 7",
        "2, 20, 9, 9, 7",
        "1, 64, 30, 31, 70",
        "2, 64, 30, 31, 70",
        "2, 1100, 3, 5, 33",
        "1, 1, 1, 1, 1"
    })
    void normalisesWhileItMultiplies(int threads, int channels, int rows, int columns, int outputs) {
        GraphBuilder net = normalised(net(channels, rows, columns)).relu();
        GraphBuilder whole = convolution(net, Window.square(1), outputs);
        List<StepReport> steps = check(whole, threads);
        checkThreads(whole);
        assertThat(steps)
                .filteredOn(step -> step.layer().equals("BatchNormalization+relu, Convolution"))
                .singleElement()
                .satisfies(step -> assertThat(step.with()).hasSize(1));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void addsAndActivatesAfterwards(boolean operandFirst) {
        GraphBuilder net = net(24, 8, 10);
        Value before = net.value();
        Value branch = convolution(normalised(net), Window.square(1), 24).value();
        net = operandFirst ? net.from(before).add(branch) : net.from(branch).add(before);
        assertThat(check(net.relu(), 2))
                .anyMatch(step -> step.layer().equals("BatchNormalization, Convolution+add+relu"));
    }

    /** Threads share pixels where there are few: what is added must stay until the last of them has normalised it. */
    @Test
    void addsWhatItNormalises() {
        GraphBuilder net = net(512, 5, 5);
        Value before = net.value();
        GraphBuilder whole =
                convolution(normalised(net), Window.square(1), 512).add(before).maxPooling(Window.square(3));
        for (int i = 0; i < 20; i++) {
            assertThat(check(whole, 2)).anyMatch(PreactivationTest::isFused);
        }
        checkThreads(whole);
    }

    @Test
    void isDoneOnItsOwnWhereOthersReadTheResult() {
        GraphBuilder net = normalised(net(20, 9, 9)).relu();
        Value read = net.value();
        Value one = convolution(net, Window.square(1), 5).value();
        Value two = convolution(net.from(read), Window.square(1), 6).value();
        assertThat(check(net.from(one).concat(two), 1)).noneMatch(PreactivationTest::isFused);
    }

    @Test
    void isDoneOnItsOwnWhereTheResultIsAnOutput() {
        GraphBuilder net = normalised(net(20, 9, 9)).relu().output();
        assertThat(check(convolution(net, Window.square(1), 5).output(), 1)).noneMatch(PreactivationTest::isFused);
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 1", "1, 2, 0", "1, 1, 1"})
    void isDoneOnItsOwnBeforeOtherWindows(int kernel, int stride, int pad) {
        GraphBuilder net = normalised(net(20, 9, 9)).relu();
        Window window = Window.square(kernel).stride(stride).pad(pad);
        assertThat(check(convolution(net, window, 5), 1)).noneMatch(PreactivationTest::isFused);
    }

    private static boolean isFused(StepReport step) {
        return step.layer().startsWith("BatchNormalization") && step.layer().contains(", Convolution");
    }
}
