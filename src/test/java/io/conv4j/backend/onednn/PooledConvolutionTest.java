package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.checkThreads;
import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Max poolings that are done along with the convolution after them, against the Java back end. */
class PooledConvolutionTest {
    private static GraphBuilder net(int channels, int rows, int columns) {
        return Graph.builder("net").input("src", Shape.of(2, channels, rows, columns));
    }

    private static GraphBuilder convolution(GraphBuilder net, Window window, int channels) {
        int sources = net.value().shape().extent(1);
        int[] kernel = window.kernel();
        return net.convolution(
                window, random(Shape.of(channels, sources, kernel[0], kernel[1])), random(Shape.of(channels)));
    }

    private static GraphBuilder convolution(GraphBuilder net, int channels) {
        return convolution(net, Window.square(1), channels);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 20, 9, 9, 7, 3, 1, 1",
        "2, 64, 30, 31, 70, 3, 1, 1",
        "2, 33, 30, 31, 8, 3, 2, 0",
        "1, 17, 12, 13, 40, 2, 2, 0",
        "2, 8, 7, 70, 16, 5, 1, 2",
        "2, 1100, 3, 5, 33, 3, 3, 1",
        "1, 3, 40, 40, 5, 32, 4, 20",
        "1, 1, 1, 1, 1, 1, 1, 0"
    })
    void poolsWhileItMultiplies(
            int threads, int channels, int rows, int columns, int outputs, int kernel, int stride, int pad) {
        Window window = Window.square(kernel).stride(stride).pad(pad);
        GraphBuilder whole = convolution(net(channels, rows, columns).maxPooling(window), outputs)
                .relu();
        List<StepReport> steps = check(whole, threads);
        checkThreads(whole);
        if (kernel > 1) {
            assertThat(steps)
                    .filteredOn(step -> step.layer().equals("Pooling, Convolution+relu"))
                    .singleElement()
                    .satisfies(step -> assertThat(step.with()).hasSize(1));
        }
    }

    /** The last windows reach beyond the padding. */
    @Test
    void roundsUp() {
        Pooling pooling =
                new Pooling(Pooling.Kind.MAX, Window.square(3).stride(2).pad(1), true);
        GraphBuilder net = net(20, 12, 15);
        GraphBuilder whole = convolution(net.then(pooling), 9);
        assertThat(check(whole, 2)).anyMatch(PooledConvolutionTest::isFused);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void addsAndActivatesAfterwards(boolean operandFirst) {
        GraphBuilder net = net(24, 8, 10);
        Value before = net.value();
        Value branch = convolution(net.maxPooling(Window.square(3).pad(1)), 24).value();
        net = operandFirst ? net.from(before).add(branch) : net.from(branch).add(before);
        assertThat(check(net.relu(), 2)).anyMatch(step -> step.layer().equals("Pooling, Convolution+add+relu"));
    }

    /** Threads share pixels where there are few: what is added must stay until the last of them has pooled it. */
    @Test
    void addsWhatItPools() {
        GraphBuilder net = convolution(net(512, 5, 5), 512);
        Value before = net.value();
        GraphBuilder whole = convolution(net.maxPooling(Window.square(3).pad(1)), 512)
                .add(before)
                .maxPooling(Window.square(3));
        for (int i = 0; i < 20; i++) {
            assertThat(check(whole, 2)).anyMatch(PooledConvolutionTest::isFused);
        }
        checkThreads(whole);
    }

    @Test
    void isDoneOnItsOwnWhereOthersReadTheResult() {
        GraphBuilder net = net(20, 9, 9).maxPooling(Window.square(3).pad(1));
        Value read = net.value();
        Value one = convolution(net, 5).value();
        Value two = convolution(net.from(read), 6).value();
        assertThat(check(net.from(one).concat(two), 1)).noneMatch(PooledConvolutionTest::isFused);
    }

    @Test
    void isDoneOnItsOwnWhereTheResultIsAnOutput() {
        GraphBuilder net = net(20, 9, 9).maxPooling(Window.square(3).pad(1)).output();
        assertThat(check(convolution(net, 5).output(), 1)).noneMatch(PooledConvolutionTest::isFused);
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 1", "1, 2, 0", "1, 1, 1"})
    void isDoneOnItsOwnBeforeOtherWindows(int kernel, int stride, int pad) {
        GraphBuilder net = net(20, 9, 9).maxPooling(Window.square(3).pad(1));
        Window window = Window.square(kernel).stride(stride).pad(pad);
        assertThat(check(convolution(net, window, 5), 1)).noneMatch(PooledConvolutionTest::isFused);
    }

    @ParameterizedTest
    @CsvSource({"33, 1", "3, 2"})
    void isDoneOnItsOwnWithWindowsThatTheKernelDoesNotKnow(int kernel, int dilation) {
        Window window = Window.square(kernel).dilation(dilation);
        assertThat(check(convolution(net(4, 40, 40).maxPooling(window), 5), 1))
                .noneMatch(PooledConvolutionTest::isFused);
    }

    @Test
    void averagesOnItsOwn() {
        Pooling pooling = new Pooling(
                Pooling.Kind.AVERAGE_EXCLUDE_PADDING, Window.square(3).pad(1));
        GraphBuilder net = net(20, 9, 9);
        assertThat(check(convolution(net.then(pooling), 5), 1)).noneMatch(PooledConvolutionTest::isFused);
    }

    private static boolean isFused(StepReport step) {
        return step.layer().startsWith("Pooling, Convolution");
    }
}
