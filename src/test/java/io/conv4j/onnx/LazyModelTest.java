package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that stay in the file until they are asked for. */
class LazyModelTest {
    private static final int SIDE = 64;

    @TempDir
    private Path folder = Path.of("");

    private Path file = Path.of("");
    private final float[] weights = new float[SIDE * SIDE];

    @BeforeEach
    void write() throws IOException {
        for (int i = 0; i < weights.length; i++) {
            weights[i] = i % 13 - 6;
        }
        byte[] model = ModelWriter.opset(13)
                .input("src", 1, SIDE)
                .constant("small", Tensor.of(Shape.of(1), 2))
                .constant("large", Tensor.of(Shape.of(SIDE, SIDE), weights))
                .node("MatMul", "src large", "product")
                .node("Mul", "product small", "dst")
                .output("dst")
                .bytes();
        file = Files.write(folder.resolve("model.onnx"), model);
    }

    private static Tensor large(OnnxModel model) {
        return model.graph().constants().values().stream()
                .filter(tensor -> tensor.shape().elements() > 1)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void readsLargeConstantsWhenTheyAreAskedFor() {
        Tensor lazy = large(OnnxModel.readLazily(file));

        assertThat(lazy.isDeferred()).isTrue();
        assertThat(lazy.toFloats()).containsExactly(weights);
        assertThat(large(OnnxModel.read(file)).isDeferred()).isFalse();
    }

    @Test
    void survivesThatTheFileIsReplacedOrDeleted() throws IOException {
        Tensor lazy = large(OnnxModel.readLazily(file));
        Files.delete(file);
        Files.write(file, new byte[10]);

        assertThat(lazy.toFloats()).containsExactly(weights);
    }

    @Test
    void saysThatTheFileWasCutShort() throws IOException {
        Tensor lazy = large(OnnxModel.readLazily(file));
        Files.write(file, new byte[100], StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);

        assertThatThrownBy(lazy::load)
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("became shorter while it was read");
    }

    @Test
    void refusesFilesThatEndWithinTheNumbers() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 97) {
            Path cut = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> OnnxModel.readLazily(cut).graph())
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(ModelFormatException.class);
        }
    }

    @Test
    void sessionsNeedTheFileNoLongerOnceTheyAreOpen() throws IOException {
        Tensor src = Tensor.zeros(TensorType.f32(1, SIDE));
        src.set(3, 1);
        for (String backend : new String[] {"onednn", "openblas", "java"}) {
            write();
            try (Session session = Session.open(file, SessionOptions.defaults().backend(backend))) {
                Files.write(file, new byte[1], StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
                float[] dst = session.run(src).toFloats();
                for (int i = 0; i < SIDE; i++) {
                    assertThat(dst[i]).as(backend).isEqualTo(2 * weights[3 * SIDE + i]);
                }
            }
        }
    }
}
