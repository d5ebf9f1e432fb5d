package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.graph.Graph;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartReportTest {
    private static StartResult result(String name, double time, double memory) {
        return new StartResult(
                name, 1, new StartResult.Side(100, 50, 300), new StartResult.Side(100 * time, 50 * memory, 300));
    }

    @Test
    void meansRatiosGeometrically() throws IOException {
        StartReport report = new StartReport(List.of(result("a", 4, 0.5), result("b", 1, 0.5)));
        StringWriter json = new StringWriter();
        report.json(json);

        assertThat(report.mean(StartResult::timeRatio)).isCloseTo(2, within(1e-12));
        assertThat(report.table()).contains("first output 2.000, peak 0.500, process 1.000");
        assertThat(json.toString())
                .contains("\"model\" : \"a\"", "\"conv4j.firstMs\" : 100.0", "\"ratio.memory\" : 0.5");
    }

    @Test
    void takesTheLastLineOfAProcessAndTheMedianOfSeveral() {
        StartRace.Sample sample = StartRace.sample("a warning\n2500000 2048 7.5\n", 90);

        assertThat(sample).isEqualTo(new StartRace.Sample(2.5, 2, 90, 7.5));
        assertThat(StartResult.Side.of(
                        List.of(sample, new StartRace.Sample(9, 8, 7, 7.5), new StartRace.Sample(1, 1, 100, 7.5))))
                .isEqualTo(new StartResult.Side(2.5, 2, 90));
    }

    @Test
    void startsBothInProcessesOfTheirOwn(@TempDir Path folder) throws IOException {
        Graph net =
                Graph.builder("small").input("src", Shape.of(1, 3, 8, 8)).relu().build();
        Path file = Files.write(folder.resolve("small.onnx"), OnnxWriter.write(net));
        Course course = new Courses(OptionalInt.empty(), Map.of(), 1).find(file.toString());

        StartResult result = new StartRace(1, 1).run(course, file);

        assertThat(result.name()).isEqualTo("small");
        assertThat(result.ours().wallMs())
                .isGreaterThan(result.ours().firstMs())
                .isPositive();
        assertThat(result.ours().peakMb()).isBetween(10.0, 2000.0);
        assertThat(result.rival().peakMb()).isBetween(10.0, 2000.0);
    }
}
