package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.golden.TestData;
import io.conv4j.tensor.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class CoursesTest {
    private static final OptionalInt NO_BATCH = OptionalInt.empty();

    private static String file(String name) {
        return TestData.require("benchmarks of files", "models/" + name + "/model.onnx")
                .toString();
    }

    private static Courses courses(OptionalInt batch, Map<String, Shape> shapes) {
        return new Courses(batch, shapes, 1);
    }

    @Test
    void expandsTheZooAndKnowsItsNames() {
        assertThat(Courses.expand(List.of("zoo"))).hasSameSizeAs(Zoo.names()).contains("zoo:vgg16");
        assertThat(Courses.expand(List.of("vgg16", "zoo:unet", "a/b.onnx")))
                .containsExactly("zoo:vgg16", "zoo:unet", "a/b.onnx");
    }

    @Test
    void callsFilesByTheirNameOrTheirFolders() {
        assertThat(Courses.label("zoo:unet")).isEqualTo("unet");
        assertThat(Courses.label(Path.of("nets", "best.onnx").toString())).isEqualTo("best");
        assertThat(Courses.label(Path.of("nets", "best", "model.onnx").toString()))
                .isEqualTo("best");
    }

    @Test
    void takesFixedShapesAsTheyAreAndRefusesOtherBatches() {
        String fixed = file("ultraface_rfb320");

        assertThat(courses(NO_BATCH, Map.of()).find(fixed).net().inputs().get(0).shape())
                .isEqualTo(Shape.of(1, 3, 240, 320));
        assertThat(courses(OptionalInt.of(1), Map.of()).find(fixed).batch()).isOne();
        assertThatThrownBy(() -> courses(OptionalInt.of(4), Map.of()).find(fixed))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("--batch 4 does not go with input")
                .hasMessageContaining("1x3x240x320");
    }

    @Test
    void fillsAnOpenBatchAndAsksForEveryOtherOpenExtent() {
        String open = file("ppocrv4_det");

        assertThatThrownBy(() -> courses(OptionalInt.of(2), Map.of()).find(open))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("--shape x=");
        assertThat(courses(OptionalInt.of(2), Map.of("x", Shape.of(2, 3, 64, 96)))
                        .find(open)
                        .batch())
                .isEqualTo(2);
        assertThat(courses(OptionalInt.of(3), Map.of())
                        .find(file("superres_224"))
                        .batch())
                .isEqualTo(3);
    }

    @Test
    void refusesNamesThatNothingHas() {
        assertThatThrownBy(() -> courses(NO_BATCH, Map.of()).find("zoo:nothing"))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("resnet18");
        assertThatThrownBy(() -> courses(NO_BATCH, Map.of("src", Shape.of(1))).find("zoo:unet"))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("--shape is for ONNX files");
        assertThatThrownBy(() -> courses(NO_BATCH, Map.of("other", Shape.of(1))).find(file("mnist_8")))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("other");
    }
}
