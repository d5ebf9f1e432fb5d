package io.conv4j.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The zoo's networks are those whose names they bear: as many parameters as published, outputs of the right shape. The
 * number for deeplab_resnet18 is the sum of its two parts', resnet18 without its last layer and torchvision's DeepLabHead.
 */
class ZooTest {
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512, 3x1000",
        "resnet50, 25557032, 3x1000",
        "vgg16, 138357544, 3x1000",
        "mobilenet_v2, 3504872, 3x1000",
        "resnext50_32x4d, 25028904, 3x1000",
        "efficientnet_b0, 5288548, 3x1000",
        "inception_v1, 6998552, 3x1000",
        "densenet121, 7978856, 3x1000",
        "yolo_tiny, 8852366, 3x255x26x26",
        "unet, 7763041, 3x1x256x256",
        "deeplab_resnet18, 15904085, 3x21x256x256",
        "dcgan, 3576704, 3x3x64x64",
        "fsrcnn, 12637, 3x1x540x960"
    })
    void hasThePublishedNumberOfParameters(String name, long parameters, String output) {
        Graph net = Zoo.build(name, 3);
        assertThat(parameters(net)).isEqualTo(parameters);
        List<Value> outputs = net.outputs();
        assertThat(outputs.get(outputs.size() - 1).shape()).isEqualTo(Shape.parse(output));
    }

    @Test
    void givesTheSameNumbersEveryTime() {
        Graph first = Zoo.build("fsrcnn", 1);
        Graph second = Zoo.build("fsrcnn", 2);
        assertThat(first.constants()).hasSameSizeAs(second.constants());
        for (Map.Entry<Value, Tensor> constant : first.constants().entrySet()) {
            assertThat(second.constants().get(constant.getKey())).isNotNull().satisfies(tensor -> assertThat(
                            tensor.bytes())
                    .isEqualTo(constant.getValue().bytes()));
        }
    }

    /** So that what is measured of them in bf16 is bf16. */
    @ParameterizedTest
    @MethodSource("names")
    void runsWhollyInBf16(String name) {
        Plan plan = Compiler.compile(Zoo.build(name, 1), OptimizationLevel.ALL);
        ExecutionOptions options =
                new ExecutionOptions(1).precision(Precision.BF16).forPlan(plan);
        assertThat(options.keptF32()).isEmpty();
    }

    private static Set<String> names() {
        return Zoo.names();
    }

    @Test
    void namesWhatItHasWhenAskedForAnother() {
        assertThatThrownBy(() -> Zoo.build("lenet", 1))
                .hasMessageContaining("no network 'lenet' in the zoo")
                .hasMessageContaining("resnet50");
    }

    /** Weights that training changes: means and variances are not counted. */
    private static long parameters(Graph net) {
        Set<Value> statistics = new HashSet<>();
        net.nodes().stream()
                .filter(node -> node.layer() instanceof BatchNormalization)
                .forEach(node -> statistics.addAll(node.inputs().subList(3, 5)));
        return net.constants().keySet().stream()
                .filter(constant -> !statistics.contains(constant))
                .mapToLong(constant -> constant.shape().elements())
                .sum();
    }
}
