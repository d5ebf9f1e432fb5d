package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.Conv4jException;
import io.conv4j.golden.TestData;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged models become graphs or conv4j's own exceptions, nothing else. The number of inputs per model is that of the
 * system property {@code conv4j.mutations}; the seed of a failing one is in the message.
 */
class MutationTest {
    private static final int MUTATIONS = Integer.getInteger("conv4j.mutations", 350);
    private static final Duration LONGEST = Duration.ofSeconds(20);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "models/mnist_8/model.onnx",
                "models/yunet_n_dynamic/model.onnx",
                "onnx/node/test_resize_upsample_scales_nearest/model.onnx",
                "onnx/node/test_layer_normalization_4d_axis1_expanded/model.onnx",
                "onnx/node/test_slice_neg_steps/model.onnx",
                "onnx/light/light_squeezenet.onnx"
            })
    void onlyOurExceptionsComeOut(String file) throws IOException {
        Path path = TestData.require("mutations of " + file, file);
        byte[] whole = Files.readAllBytes(path);
        // Weights are most of a file and their damage goes unseen: keep to what holds the structure.
        int structure = Math.min(whole.length, 1 << 16);
        int refused = 0;
        for (int seed = 0; seed < MUTATIONS; seed++) {
            byte[] damaged = damage(whole, structure, new Random(seed));
            String what = file + ", seed " + seed;
            refused += Assertions.assertTimeout(LONGEST, () -> survives(damaged, what), what) ? 0 : 1;
        }
        assertThat(refused).isBetween(MUTATIONS / 20, MUTATIONS);
    }

    private static boolean survives(byte[] damaged, String what) {
        try {
            OnnxModel model = OnnxModel.read(damaged);
            Map<String, Shape> shapes = new HashMap<>();
            for (ModelTensor input : model.inputs()) {
                List<Integer> extents = input.dims().stream()
                        .map(dim -> ModelTensor.isNumber(dim) ? Integer.parseInt(dim) : 32)
                        .toList();
                shapes.put(input.name(), Shape.of(extents));
            }
            model.graph(shapes);
            return true;
        } catch (Conv4jException e) {
            assertThat(e.getMessage()).as(what).isNotBlank();
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what + " ended in " + e, e);
        }
    }

    /** One to eight places flipped, cut out, doubled or overwritten; sometimes the end cut off. */
    private static byte[] damage(byte[] whole, int structure, Random random) {
        byte[] bytes = whole.clone();
        int places = 1 + random.nextInt(8);
        for (int i = 0; i < places; i++) {
            int at = random.nextInt(Math.min(structure, bytes.length));
            int length = Math.min(1 + random.nextInt(16), bytes.length - at);
            switch (random.nextInt(5)) {
                case 0, 1 -> bytes[at] = (byte) (bytes[at] ^ 1 << random.nextInt(8));
                case 2 -> bytes = replace(bytes, at, length, 0);
                case 3 -> bytes = replace(bytes, at, length, 2);
                default -> bytes[at] = (byte) random.nextInt(256);
            }
            if (bytes.length < 2) {
                return bytes;
            }
        }
        return random.nextInt(20) == 0 ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    /** The bytes with a run of them repeated so many times, 0 for left out. */
    private static byte[] replace(byte[] bytes, int at, int length, int times) {
        byte[] result = new byte[bytes.length + (times - 1) * length];
        System.arraycopy(bytes, 0, result, 0, at);
        for (int i = 0; i < times; i++) {
            System.arraycopy(bytes, at, result, at + i * length, length);
        }
        System.arraycopy(bytes, at + length, result, at + times * length, bytes.length - at - length);
        return result;
    }
}
