package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The filled weights are, bit for bit, those that the goldens were made with. */
class SeedRuleTest {
    private static final String WHAT = "the proof of the seeded weights";

    @Test
    void fillsEveryWeightAsTheChecksumsSay() throws IOException {
        Map<String, Json> architectures =
                Json.read(TestData.require(WHAT, "onnx/seed_checksums.json")).object();
        assertThat(architectures).hasSize(9);
        for (Map.Entry<String, Json> architecture : architectures.entrySet()) {
            Map<String, String> wanted = new TreeMap<>();
            architecture.getValue().get("tensors").object().forEach((name, tensor) -> wanted.put(name, wanted(tensor)));
            Map<String, String> made = new TreeMap<>();
            for (SeedRule.Weight weight : SeedRule.weights(light(architecture.getKey()))) {
                made.put(weight.name(), describe(weight));
            }
            assertThat(made).as(architecture.getKey()).isNotEmpty().containsExactlyInAnyOrderEntriesOf(wanted);
        }
    }

    @Test
    void leavesNoConstantOfShapeAndAddsTheOutputs() throws IOException {
        ModelProto light = light("squeezenet");
        ModelProto filled = SeedRule.fill(light, List.of("r65", "r34"));
        assertThat(filled.getGraph().getNodeList()).noneMatch(n -> n.getOpType().equals("ConstantOfShape"));
        assertThat(filled.getGraph().getNodeCount())
                .isEqualTo(light.getGraph().getNodeCount()
                        - SeedRule.weights(light).size());
        assertThat(filled.getGraph().getOutputList())
                .extracting(output -> output.getName())
                .containsExactly("softmaxout_1", "r65", "r34");
    }

    private static ModelProto light(String architecture) throws IOException {
        Path file = TestData.require(WHAT, "onnx/light/light_" + architecture + ".onnx");
        return ModelProto.parseFrom(Files.readAllBytes(file));
    }

    private static String wanted(Json tensor) {
        List<Json> first = tensor.get("first").list();
        return tensor.get("dims").list().stream().map(d -> (long) d.number()).toList()
                + " " + tensor.get("role").text() + " "
                + (long) tensor.get("crc32").number() + " "
                + first.stream().map(f -> (float) f.number()).toList();
    }

    private static String describe(SeedRule.Weight weight) {
        byte[] values = weight.values();
        CRC32 crc = new CRC32();
        crc.update(values);
        ByteBuffer buffer = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
        return weight.dims() + " " + weight.role() + " " + crc.getValue() + " "
                + List.of(buffer.getFloat(), buffer.getFloat());
    }
}
