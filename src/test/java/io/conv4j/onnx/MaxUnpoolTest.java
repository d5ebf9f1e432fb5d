package io.conv4j.onnx;

import static io.conv4j.onnx.ModelWriter.integer;
import static io.conv4j.onnx.ModelWriter.integers;
import static io.conv4j.onnx.ModelWriter.opset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.conv4j.Conv4jException;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MaxPool with its second output, and MaxUnpool, which takes it. */
class MaxUnpoolTest {
    private static final AttributeProto KERNEL = integers("kernel_shape", 3, 2);
    private static final AttributeProto STRIDES = integers("strides", 2, 2);
    private static final AttributeProto PADS = integers("pads", 1, 0, 0, 1);

    /** Every number several times, so that windows have several maxima. */
    private static Tensor withTies(int... extents) {
        Random random = new Random(2);
        Tensor tensor = Tensor.zeros(DataType.F32, Shape.of(extents));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, random.nextInt(9) - 4);
        }
        return tensor;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void indicesAreThoseOfOnnxRuntime(int storageOrder) {
        AttributeProto order = integer("storage_order", storageOrder);
        Judgement.agree(
                opset(12)
                        .input("src", 2, 3, 9, 8)
                        .node("MaxPool", "src", "dst indices", KERNEL, STRIDES, PADS, order)
                        .output("dst", TensorProto.DataType.FLOAT)
                        .output("indices", TensorProto.DataType.INT64),
                Map.of("src", withTies(2, 3, 9, 8)));
        Judgement.agree(
                opset(12)
                        .input("src", 2, 2, 5, 6, 7)
                        .node(
                                "MaxPool",
                                "src",
                                "dst indices",
                                integers("kernel_shape", 2, 3, 2),
                                integers("dilations", 2, 1, 3),
                                order)
                        .output("dst", TensorProto.DataType.FLOAT)
                        .output("indices", TensorProto.DataType.INT64),
                Map.of("src", withTies(2, 2, 5, 6, 7)));
    }

    @Test
    void whatIsPooledIsPutBackAsByOnnxRuntime() {
        Judgement.agree(
                opset(12)
                        .input("src", 2, 3, 8, 9)
                        .node("MaxPool", "src", "pooled indices", KERNEL, STRIDES, PADS)
                        .node("MaxUnpool", "pooled indices", "dst", KERNEL, STRIDES, PADS)
                        .output("dst", TensorProto.DataType.FLOAT),
                Map.of("src", withTies(2, 3, 8, 9)));
    }

    private static ModelWriter unpool(String inputs, int... indices) {
        return opset(11)
                .input("src", 1, 1, 2)
                .constant("indices", Tensor.ofLongs(Shape.of(1, 1, 2), indices[0], indices[1]))
                .longs("longer", 1, 1, 6)
                .longs("shorter", 1, 1, 3)
                .node("MaxUnpool", inputs, "dst", integers("kernel_shape", 2), integers("strides", 2))
                .output("dst");
    }

    private static Tensor run(ModelWriter writer, String backend) {
        try (Session session =
                Session.open(writer.model(), SessionOptions.throughput().backend(backend))) {
            return List.copyOf(session.run(Map.of("src", Tensor.of(Shape.of(1, 1, 2), 7, 8)))
                            .values())
                    .get(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "onednn"})
    void aLongerOutputHasZerosAtItsEnd(String backend) {
        assertThat(run(unpool("src indices", 3, 0), backend).toFloats()).containsExactly(8, 0, 0, 7);
        assertThat(run(unpool("src indices", 2, 2), backend).toFloats()).containsExactly(0, 0, 8, 0);
        assertThat(run(unpool("src indices longer", 3, 0), backend).toFloats()).containsExactly(8, 0, 0, 7, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "onednn"})
    void indicesBeyondTheOutputAreAnErrorOfTheRun(String backend) {
        assertThatThrownBy(() -> run(unpool("src indices", 0, 4), backend))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("index 4 is not one of the 4 elements of dst 1x1x4");
        assertThatThrownBy(() -> run(unpool("src indices longer", -1, 1), backend))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("index -1");
    }

    @Test
    void anOutputTooShortIsRefused() {
        assertThatThrownBy(unpool("src indices shorter", 0, 1)::build)
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("output shape 1x1x3 does not hold what is put back, 1x1x4");
    }
}
