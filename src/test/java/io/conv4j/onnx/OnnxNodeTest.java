package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** ONNX's own tests, and others in their form, on the Java back end: all that there are. */
class OnnxNodeTest {
    private static final List<String> GROUPS =
            List.of("node", "gen", "pytorch-converted", "pytorch-operator", "simple");

    private static Stream<NodeCase> cases() {
        return GROUPS.stream().flatMap(group -> NodeCase.in(group).stream());
    }

    @TestFactory
    Stream<DynamicTest> resultsAreAsOnnxSays() {
        return cases().map(test -> DynamicTest.dynamicTest(test.name(), () -> test.run("java")));
    }

    @Test
    void thereAreAsManyAsEver() {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(785);
    }
}
