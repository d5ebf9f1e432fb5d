package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.golden.TestData;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Reshape;
import io.conv4j.tensor.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks as people publish them become graphs, with shape arithmetic folded away. */
class RealModelsTest {
    @ParameterizedTest
    @CsvSource({
        "blazeface_front_128, input:0, 1x128x128x3, 1x512x1, 37",
        "mlsd_tiny_320, input_image_with_alpha:0, 1x320x320x4, 1x160x160x4, 41",
        "mnist_8, Input3, 1x1x28x28, 1x10, 2",
        "ppocr_cls, x, 2x3x48x192, 2x2, 53",
        "ppocrv4_det, x, 1x3x64x96, 1x1x64x96, 62",
        "ppocrv4_det, x, 2x3x96x32, 2x1x96x32, 62",
        "ppocrv4_rec, x, 1x3x48x320, 1x40x6625, 38",
        "superres_224, input, 3x1x224x224, 3x1x672x672, 4",
        "ultraface_rfb320, input, 1x3x240x320, 1x4420x2, 52",
        "waifu2x_upconv7, Input1, 1x3x64x80, 1x3x100x132, 6",
        "yunet_n_dynamic, input, 1x3x64x64, 1x64x1, 59"
    })
    void modelBecomesAGraph(String model, String input, String shape, String output, int convolutions) {
        OnnxModel onnx = OnnxModel.read(
                TestData.require("import of " + model, "models/" + model).resolve("model.onnx"));

        Graph graph = onnx.graph(Map.of(input, Shape.parse(shape)));

        assertThat(graph.inputs()).extracting(Value::name).containsExactly(input);
        assertThat(graph.outputs().get(0).shape()).isEqualTo(Shape.parse(output));
        assertThat(graph.nodes().stream().filter(node -> node.layer() instanceof Convolution))
                .hasSize(convolutions);
    }

    @ParameterizedTest
    @CsvSource({
        "bvlc_alexnet, 1x1000, 5",
        "densenet121, 1x1000x1x1, 121",
        "inception_v1, 1x1000, 57",
        "inception_v2, 1x1000, 69",
        "resnet50, 1x1000, 53",
        "shufflenet, 1x1000, 49",
        "squeezenet, 1x1000x1x1, 26",
        "vgg19, 1x1000, 16",
        "zfnet512, 1x1000, 5"
    })
    void lightArchitectureBecomesAGraph(String name, String output, int convolutions) {
        OnnxModel onnx = OnnxModel.read(
                TestData.require("import of " + name, "onnx/light").resolve("light_" + name + ".onnx"));

        Graph graph = onnx.graph();

        assertThat(onnx.inputs()).hasSize(1);
        assertThat(graph.outputs().get(0).shape()).isEqualTo(Shape.parse(output));
        assertThat(graph.nodes().stream().filter(node -> node.layer() instanceof Convolution))
                .hasSize(convolutions);
    }

    @Test
    void shapeArithmeticLeavesNothingBehind() {
        OnnxModel onnx = OnnxModel.read(
                TestData.require("shape arithmetic", "models/yunet_n_dynamic").resolve("model.onnx"));

        Graph graph = onnx.graph(Map.of("input", Shape.of(1, 3, 96, 160)));

        // Shape, Gather, Unsqueeze and Concat of the file are gone; of the Reshapes the twelve remain that move data.
        assertThat(graph.nodes().stream().filter(node -> node.layer() instanceof Reshape))
                .hasSize(12);
        assertThat(graph.constants().keySet())
                .allMatch(value -> value.dataType().floating());
    }
}
