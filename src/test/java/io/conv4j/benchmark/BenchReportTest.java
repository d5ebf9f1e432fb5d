package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.backend.Precision;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class BenchReportTest {
    private static final RaceResult.Setting SETTING = new RaceResult.Setting("onednn", Precision.F32, 2);

    private static RaceResult result(String name, double ours, double rival) {
        return new RaceResult(
                name, 1, SETTING, 4e9, timings(ours), Optional.of(timings(rival)), OptionalDouble.empty());
    }

    private static Timings timings(double median) {
        return new Timings(9, median / 2, median, median / 2, median * 2, median * 3);
    }

    @Test
    void meansRatiosGeometrically() {
        BenchReport report = new BenchReport(List.of(result("a", 10, 10), result("b", 10, 40)), 800);

        assertThat(report.geometricMean()).isCloseTo(2, within(1e-12));
        assertThat(report.table())
                .contains("geometric mean of the ratios: 2.000")
                .contains("400.0     50%");
    }

    @Test
    void leavesOutTheRivalWhereThereIsNone() throws IOException {
        BenchReport report = new BenchReport(
                List.of(new RaceResult("a", 1, SETTING, 4e9, timings(10), Optional.empty(), OptionalDouble.empty())),
                800);
        StringWriter json = new StringWriter();
        report.json(json);

        assertThat(report.table()).doesNotContain("geometric");
        assertThat(json.toString()).contains("\"conv4j.medianMs\" : 10.0").doesNotContain("onnxruntime");
    }

    @Test
    void saysWhatShareOfTheTimeLiesBetweenProducts() throws IOException {
        BenchReport report = new BenchReport(List.of(result("a", 10, 20).between(0.034), result("b", 1, 2)), 800);
        StringWriter json = new StringWriter();
        report.json(json);

        assertThat(report.table()).contains("3.4%", "between: share");
        assertThat(json.toString()).containsOnlyOnce("\"conv4j.betweenProducts\" : 0.034");
        assertThat(new BenchReport(List.of(result("b", 1, 2)), 800).table()).doesNotContain("between");
    }

    @Test
    void writesTheFieldsThatProgramsReadBy() throws IOException {
        StringWriter json = new StringWriter();
        new BenchReport(List.of(result("a", 10, 20)), 800).json(json);

        assertThat(json.toString())
                .contains(
                        "\"model\" : \"a\"",
                        "\"backend\" : \"onednn\"",
                        "\"precision\" : \"f32\"",
                        "\"threads\" : 2",
                        "\"batch\" : 1")
                .contains("\"onnxruntime.medianMs\" : 20.0", "\"ratio\" : 2.0", "\"geometricMean\" : ");
    }
}
