package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Precision;
import io.conv4j.benchmark.ThroughputResult.Load;
import io.conv4j.cli.Main;
import io.conv4j.graph.Graph;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThroughputReportTest {
    private static ThroughputResult result(String name, Load load, double ours, double rival) {
        return new ThroughputResult(
                name, 1, setting(load.threads()), load.callers(), side(ours), Optional.of(side(rival)));
    }

    private static RaceResult.Setting setting(int threads) {
        return new RaceResult.Setting("onednn", Precision.F32, threads);
    }

    private static ThroughputResult.Side side(double runsPerSecond) {
        return new ThroughputResult.Side(runsPerSecond, new Timings(9, 1, 2, 1, 3, 4));
    }

    @Test
    void meansRatiosOfEachLoadGeometrically() throws IOException {
        Load two = new Load(2, 1);
        Load all = new Load(1, 2);
        ThroughputReport report = new ThroughputReport(List.of(
                result("a", two, 40, 10),
                result("a", all, 30, 10),
                result("b", two, 10, 10),
                result("b", all, 30, 10)));
        StringWriter json = new StringWriter();
        report.json(json);

        assertThat(report.loads()).containsExactly(two, all);
        assertThat(report.geometricMean(two)).isCloseTo(2, within(1e-12));
        assertThat(report.table())
                .containsPattern("2 callers +2\\.000")
                .containsPattern("1 caller on 2 threads +3\\.000");
        assertThat(json.toString())
                .contains("\"model\" : \"a\"", "\"precision\" : \"f32\"", "\"batch\" : 1", "\"callers\" : 2")
                .contains("\"conv4j.runsPerSecond\" : 40.0", "\"conv4j.runs\" : 9", "\"conv4j.medianMs\" : 2.0")
                .contains("\"conv4j.p90Ms\" : 3.0", "\"conv4j.p99Ms\" : 4.0", "\"onnxruntime.runsPerSecond\" : 10.0")
                .contains("\"ratio\" : 4.0", "\"geometricMeans\"");
    }

    @Test
    void leavesOutTheRivalWhereThereIsNone() throws IOException {
        ThroughputReport report =
                new ThroughputReport(List.of(new ThroughputResult("a", 1, setting(1), 2, side(40), Optional.empty())));
        StringWriter json = new StringWriter();
        report.json(json);

        assertThat(report.table()).contains("40.0").doesNotContain("onnxrt", "geometric", "NaN");
        assertThat(json.toString()).doesNotContain("onnxruntime", "geometric", "ratio");
    }

    @Test
    void takesEachNumberOfCallersOnceAndAllThreadsLast() {
        ThroughputRace race = new ThroughputRace(setting(8), 1, 1);

        assertThat(ThroughputRace.defaultCallers(2)).containsExactly(1, 2, 4);
        assertThat(ThroughputRace.defaultCallers(8)).containsExactly(1, 2, 4, 16);
        assertThat(race.loads(List.of(4, 1, 4))).containsExactly(new Load(1, 1), new Load(4, 1), new Load(1, 8));
        assertThat(new ThroughputRace(setting(1), 1, 1).loads(List.of(2))).containsExactly(new Load(2, 1));
        for (int refused : List.of(0, 257)) {
            assertThatThrownBy(() -> race.loads(List.of(1, refused)))
                    .isInstanceOf(Conv4jException.class)
                    .hasMessageContaining("from 1 to 256, got " + refused);
        }
    }

    @Test
    void takesTheMedianOfTheRoundsAndTheTimesOfAllRuns() {
        // 1000 runs a second and 250; 100; 2000.
        ThroughputResult.Side side = ThroughputRace.side(List.of(
                new Crowd.Turn(List.of(new long[] {1_000_000, 1_000_000}, new long[] {4_000_000})),
                new Crowd.Turn(List.of(new long[] {10_000_000})),
                new Crowd.Turn(List.of(new long[] {500_000}))));

        assertThat(side.runsPerSecond()).isCloseTo(1250, within(1e-9));
        assertThat(side.timings().runs()).isEqualTo(5);
        assertThat(side.timings().median()).isEqualTo(1);
    }

    @Test
    void sweepsAFileFromTheCommandLine(@TempDir Path folder) throws IOException {
        Graph net = new NetWriter("small", Shape.of(1, 3, 8, 8))
                .biasedConvolution(4, Window.square(3).pad(1))
                .output()
                .build();
        Path file = Files.write(folder.resolve("small.onnx"), OnnxWriter.write(net));
        Path json = folder.resolve("small.json");

        String table = bench(
                0,
                "throughput",
                file.toString(),
                "--vs=onnxruntime",
                "--callers=2,1",
                "--threads=2",
                "--seconds=0.01",
                "--json=" + json);

        assertThat(table.lines().filter(line -> line.startsWith("small")).map(line -> line.replaceAll(" +", " ")))
                .hasSize(3)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("small 1 1 1 "),
                        line -> assertThat(line).startsWith("small 1 2 1 "),
                        line -> assertThat(line).startsWith("small 1 1 2 "));
        assertThat(table).contains("geometric mean");
        assertThat(Files.readString(json)).contains("\"onnxruntime.p99Ms\"", "\"geometricMeans\"");
        assertThat(bench(3, "throughput", file.toString(), "--callers=0")).isEmpty();
        assertThat(bench(2, "throughput", file.toString(), "--callers=two")).isEmpty();
    }

    /** What the command printed for people or programs. */
    private static String bench(int exitCode, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] all = new String[arguments.length + 1];
        all[0] = "bench";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        int got = Main.run(
                all,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(got).as("%s", err).isEqualTo(exitCode);
        return out.toString(StandardCharsets.UTF_8);
    }
}
