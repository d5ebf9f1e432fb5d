package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.graph.Graph;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerReportTest {
    private static final ZooLayer LARGE = dense(56);
    private static final ZooLayer SMALL = dense(28);

    private static ZooLayer dense(int extent) {
        return new ZooLayer(
                "net",
                new Convolution(Window.square(3).pad(1)),
                Shape.of(1, 64, extent, extent),
                Shape.of(128, 64, 3, 3));
    }

    private static LayerResult result(ZooLayer layer, double ratio) {
        return new LayerResult(layer, 1, side("ours", 10), side("theirs", 10 * ratio));
    }

    private static LayerResult.Side side(String steps, double median) {
        return new LayerResult.Side(steps, new Timings(9, median, median, median, median, median));
    }

    @Test
    void wantsTwiceTheSpeedOfLargeDenseLayersAndTheSameOfOthers() {
        assertThat(result(LARGE, 2).holds()).isTrue();
        assertThat(result(LARGE, 1.99).holds()).isFalse();
        assertThat(result(SMALL, 0.98).holds()).isTrue();
        assertThat(result(SMALL, 0.96).holds()).isFalse();
    }

    @Test
    void listsWhatMissesWorstFirst() throws IOException {
        LayerReport report =
                new LayerReport(List.of(result(SMALL, 0.9), result(LARGE, 1), result(SMALL, 3), result(LARGE, 4)));
        StringWriter json = new StringWriter();
        report.json(json);

        assertThat(report.misses()).extracting(LayerResult::ratio).containsExactly(1.0, 0.9);
        assertThat(report.table()).contains("2 of 4 layers as fast as wanted: 1 of 2 dense 3x3", "1 of 2 others");
        assertThat(json.toString())
                .contains("\"misses\" : 2", "\"onednn.medianMs\" : 40.0", "\"conv4j.steps\" : \"ours\"");
    }

    @Test
    void findsEveryLayerOfTheNetworksOnce() {
        List<ZooLayer> layers = new ArrayList<>();
        ZooLayer.collect(Zoo.build("resnet18", 1), layers);
        int alone = layers.size();
        ZooLayer.collect(Zoo.build("resnet18", 1), layers);
        ZooLayer.collect(Zoo.build("dcgan", 1), layers);

        assertThat(layers).hasSizeGreaterThan(alone).doesNotHaveDuplicates();
        assertThat(layers)
                .extracting(ZooLayer::toString)
                .contains("7x7/2x2 3x224x224 to 64x112x112", "3x3 64x56x56 to 64x56x56", "dense 512 to 1000")
                .contains("transposed 4x4/2x2 128x16x16 to 64x32x32");
        // One of 3x3 from 64 channels to 64 on 56x56.
        assertThat(layers.stream().filter(ZooLayer::isLargeDense))
                .hasSize(1)
                .allSatisfy(layer -> assertThat(layer.flops()).isCloseTo(2.0 * 9 * 64 * 64 * 56 * 56, within(1.0)));
    }

    @Test
    void racesALayerAgainstOnednn() {
        ZooLayer layer = new ZooLayer(
                "net", new Convolution(Window.square(3).pad(1)), Shape.of(1, 8, 7, 7), Shape.of(8, 8, 3, 3));
        Graph net = layer.graph();

        LayerResult result = new LayerRace(1, 0.01).run(layer);

        assertThat(net.nodes()).hasSize(2);
        assertThat(result.ratio()).isPositive().isFinite();
        assertThat(result.direct().steps()).contains("oneDNN's own");
    }
}
