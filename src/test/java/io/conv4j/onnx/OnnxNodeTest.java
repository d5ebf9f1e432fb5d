package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** ONNX's own tests, and others in their form, on the Java back end. */
class OnnxNodeTest {
    private static final List<String> GROUPS =
            List.of("node", "gen", "pytorch-converted", "pytorch-operator", "simple");

    /** Not supported yet; each must fail as such, so that what becomes supported has to leave this list. */
    private static final Pattern NOT_YET =
            Pattern.compile("node/test_(" + String.join("|", "nonmaxsuppression_.*") + ")");

    private static Stream<NodeCase> cases(boolean supported) {
        return GROUPS.stream()
                .flatMap(group -> NodeCase.in(group).stream())
                .filter(test -> NOT_YET.matcher(test.name()).matches() != supported);
    }

    @TestFactory
    Stream<DynamicTest> resultsAreAsOnnxSays() {
        return cases(true).map(test -> DynamicTest.dynamicTest(test.name(), () -> test.run("java")));
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotSupportedIsSaid() {
        return cases(false)
                .map(test -> DynamicTest.dynamicTest(test.name(), () -> assertThatThrownBy(() -> test.run("java"))
                        .isInstanceOf(UnsupportedModelException.class)));
    }

    @Test
    void nearlyAllAreRun() {
        assertThat(cases(true)).hasSizeGreaterThanOrEqualTo(730);
    }
}
