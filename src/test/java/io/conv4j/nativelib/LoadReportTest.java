package io.conv4j.nativelib;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What people are told of a library. */
class LoadReportTest {
    private static final String NEEDS = "the jar of libsome on the class path";

    @Test
    void saysTheVersionOfWhatLoaded() {
        LoadReport report = LoadReport.of("some", NEEDS, () -> "some 1.2");
        assertThat(report.loaded()).isTrue();
        assertThat(report.detail()).isEqualTo("some 1.2");
    }

    @Test
    void saysWhatWasThrownAndWhatIsNeeded() {
        LoadReport report = LoadReport.of("some", NEEDS, () -> {
            throw new NoClassDefFoundError("org/some/Some");
        });
        assertThat(report.loaded()).isFalse();
        assertThat(report.failure()).get().isInstanceOf(NoClassDefFoundError.class);
        if (!LoadReport.isMusl()) {
            assertThat(report.detail()).contains("some did not load", "org/some/Some", NEEDS);
        }
    }
}
