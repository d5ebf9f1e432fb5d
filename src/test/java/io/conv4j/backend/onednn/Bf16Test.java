package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Window;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Networks held and multiplied in bf16 against plain Java in f32. */
class Bf16Test {
    /** Squared rounding error of 8 bits, some layers deep; three orders below what a wrong layer would give. */
    private static final double LIMIT = 1e-3;

    private static final SessionOptions BF16 =
            SessionOptions.throughput().backend("onednn").precision(Precision.BF16);

    private final Random random = new Random(7);

    private Tensor normal(double deviation, int... extents) {
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, deviation * random.nextGaussian());
        }
        return tensor;
    }

    private GraphBuilder net() {
        return Graph.builder("net").input("src", Shape.of(1, 16, 20, 20));
    }

    private GraphBuilder convolution(GraphBuilder net, int channels) {
        return net.convolution(
                Window.square(3).pad(1),
                normal(0.1, channels, net.value().shape().extent(1), 3, 3),
                normal(1, channels));
    }

    private void expectClose(Graph graph) {
        expectClose(graph, normal(1, 1, 16, 20, 20));
    }

    private static void expectClose(Graph graph, Tensor src) {
        Tensor want;
        try (Session session = Session.open(graph, SessionOptions.throughput().backend("java"))) {
            want = session.run(src);
        }
        try (Session session = Session.open(graph, BF16)) {
            Difference.between(session.run(src), want).requireNormalised(LIMIT, graph.name());
        }
    }

    @Test
    void computesConvolutionsResidualsAndPooling() {
        GraphBuilder net = convolution(net(), 32).relu();
        Value skip = net.value();
        expectClose(convolution(net, 32)
                .add(skip)
                .relu()
                .maxPooling(Window.square(2).stride(2))
                .build());
    }

    @Test
    void computesDepthwiseAndPointwiseConvolutionsAndDenseLayers() {
        expectClose(net().convolution(Window.square(3).pad(1), 16, normal(0.3, 16, 1, 3, 3), normal(1, 16))
                .relu()
                .convolution(Window.square(1), normal(0.2, 24, 16, 1, 1), normal(1, 24))
                .globalAveragePooling()
                .dense(normal(0.2, 10, 24), normal(1, 10))
                .build());
    }

    @Test
    void computesTransposedConvolutionsBothWays() {
        Window upscaling = Window.square(4).stride(2).pad(1);
        expectClose(net().transposedConvolution(upscaling, normal(0.1, 16, 64, 4, 4), normal(1, 64))
                .relu()
                .transposedConvolution(Window.square(9).stride(3).pad(4), normal(0.1, 64, 1, 9, 9))
                .build());
    }

    @Test
    void mixesWithStepsThatHaveF32Only() {
        GraphBuilder net = convolution(net(), 32);
        Value left = net.value();
        net = convolution(net, 16).concat(left);
        net = net.then(new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 1, 2), List.of(0, 0, 3, 0), 0.5f));
        expectClose(convolution(net.upsample(Resize.Interpolation.LINEAR, 2), 8)
                .softmax()
                .build());
    }

    @Test
    void computesSwishAfterConvolutionsAndOnItsOwn() {
        Activation swish = new Activation(Activation.Kind.SWISH, 1.5f, 0);
        GraphBuilder net = convolution(net().activation(swish), 32).activation(swish);
        expectClose(net.convolution(Window.square(3).stride(2).pad(1), 32, normal(0.3, 32, 1, 3, 3), normal(1, 32))
                .activation(swish)
                .build());
    }

    @ParameterizedTest
    @EnumSource(names = {"ABS", "SQRT", "EXP", "TANH", "GELU", "SOFTPLUS", "MISH", "ERF"})
    void computesActivationsOnTheirOwn(Activation.Kind kind) {
        expectClose(net().activation(Activation.of(Activation.Kind.ABS))
                .activation(Activation.of(kind))
                .build());
    }

    @Test
    void computesOperandsOfEveryBroadcast() {
        for (Shape shape : List.of(
                Shape.of(1),
                Shape.of(1, 1, 20, 20),
                Shape.of(1, 32, 1, 1),
                Shape.of(1, 1, 1, 20),
                Shape.of(1, 32, 20, 20))) {
            GraphBuilder net = convolution(net(), 32);
            net.add(net.constant("operand", normal(1, shape.extents()))).relu();
            expectClose(net.multiply(net.constant("factor", normal(1, shape.extents())))
                    .build());
        }
    }

    @Test
    void takesWinogradsAlgorithmInF32WhereThatIsFaster() {
        Graph graph = Graph.builder("deep")
                .input("src", Shape.of(1, 128, 20, 20))
                .convolution(Window.square(3).pad(1), normal(0.03, 128, 128, 3, 3), normal(1, 128))
                .convolution(Window.square(1), normal(0.1, 32, 128, 1, 1), normal(1, 32))
                .build();
        assertThat(algorithms(graph, BF16)).anyMatch(algorithm -> algorithm.startsWith("winograd"));
        assertThat(algorithms(graph, BF16.winograd(false))).noneMatch(algorithm -> algorithm.startsWith("winograd"));
        expectClose(graph, normal(1, 1, 128, 20, 20));
    }

    private static List<String> algorithms(Graph graph, SessionOptions options) {
        try (Session session = Session.open(graph, options)) {
            return session.describe().steps().stream()
                    .map(StepReport::algorithm)
                    .toList();
        }
    }

    @Test
    void keepsNamedLayersInF32() {
        Graph graph = convolution(convolution(net(), 32), 32).build();
        String first = graph.nodes().get(0).name();
        try (Session session = Session.open(graph, BF16.keptF32(Set.of(first)))) {
            assertThat(session.describe().steps())
                    .anyMatch(step ->
                            step.name().equals(first) && !step.implementation().contains("bf16"))
                    .anyMatch(step -> step.name().equals(graph.nodes().get(1).name())
                            && step.implementation().contains("bf16") == Dnnl.hasBf16());
        }
    }

    @Test
    void refusesToKeepNodesThatThereAreNot() {
        Graph graph = convolution(net(), 8).build();
        String name = graph.nodes().get(0).name();
        assertThatThrownBy(() -> Session.open(graph, BF16.keptF32(Set.of(name, "Conv_99"))))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("node 'Conv_99' is to be kept in f32")
                .hasMessageContaining("'" + name + "'");
    }

    @Test
    void keepsWhatLeadsToASteepSigmoidInF32UnlessToldWhatToKeep() {
        Graph graph = convolution(convolution(net(), 32).relu(), 1)
                .convolution(Window.square(3).pad(1), normal(10, 1, 1, 3, 3), normal(1, 1))
                .activation(Activation.of(Activation.Kind.SIGMOID))
                .build();
        try (Session session = Session.open(graph, BF16)) {
            assertThat(session.describe().steps())
                    .isNotEmpty()
                    .noneMatch(step -> step.implementation().contains("bf16"))
                    .filteredOn(step -> step.layer().startsWith("Convolution"))
                    .allMatch(step -> step.measured().startsWith("kept in f32") == Dnnl.hasBf16());
        }
        try (Session session = Session.open(graph, BF16.keptF32(Set.of()))) {
            assertThat(session.describe().steps())
                    .allMatch(step -> step.measured().isEmpty())
                    .extracting(step -> step.implementation().contains("bf16"))
                    .contains(Dnnl.hasBf16());
        }
    }

    @Test
    void isRefusedByBackEndsThatHaveNone() {
        assertThatThrownBy(() -> Session.open(convolution(net(), 8).build(), BF16.backend("java")))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("bf16");
    }
}
