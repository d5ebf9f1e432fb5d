package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import io.conv4j.validate.SeededInputs;
import io.conv4j.validate.Validation;
import io.conv4j.validate.Validator;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operands of post-ops are broadcast as the layers they were made of, whichever axis they lie along. */
class FusedPostOpsTest {
    @ParameterizedTest
    @CsvSource({
        "1x40x120, 120",
        "1x40x120, 40x1",
        "1x40x120, 1x40x120",
        "1x40x120, 1",
        "2x8x6x12, 12",
        "2x8x6x12, 6x12",
        "2x8x6x12, 6x1",
        "2x8x6x12, 8x6x1",
        "2x8x6x12, 2x8x1x1",
        "2x8x6x12, 8x1x1",
        "2x8x6x12, 2x1x6x12",
        "2x8x6x12, 2x1x1x12",
        "2x8x4x3x5, 5",
        "2x8x4x3x5, 4x3x1",
        "2x8x4x3x5, 8x1x1x1"
    })
    void operandsAlongAnyAxis(String src, String operand) {
        for (Binary.Op first : List.of(Binary.Op.MUL, Binary.Op.SUB)) {
            expectEqual(net(Shape.parse(src), Shape.parse(operand), first));
        }
    }

    /** As a layer normalisation of a sequence is spelled out: it was wrong when both post-ops were fused. */
    @Test
    void aSequenceScaledAlongItsWidth() {
        GraphBuilder builder = convolved(Shape.of(1, 40, 120));
        Value src = builder.value();
        Value mean = builder.globalAveragePooling().value();
        builder.from(src).then(new Binary(Binary.Op.SUB), mean);
        expectEqual(builder.multiply(constant(builder, "scale", Shape.of(120)))
                .add(constant(builder, "shift", Shape.of(120)))
                .build());
    }

    /** The convolution leaves its result channels last, and a second use of it keeps what follows from fusing into it. */
    private static Graph net(Shape shape, Shape operand, Binary.Op first) {
        GraphBuilder builder = convolved(shape);
        Value src = builder.value();
        Value other = builder.input("other", new TensorType(DataType.F32, shape));
        Value result = builder.then(new Binary(first), other)
                .multiply(constant(builder, "scale", operand))
                .add(constant(builder, "shift", operand))
                .value();
        return builder.output(src).output(result).build();
    }

    private static GraphBuilder convolved(Shape shape) {
        GraphBuilder builder = Graph.builder("fused").input("src", shape);
        int channels = shape.extent(1);
        int[] kernel = new int[shape.rank()];
        Arrays.fill(kernel, 1);
        kernel[0] = channels;
        kernel[1] = channels;
        Value weights = constant(builder, "kernel", Shape.of(kernel));
        return builder.then(new Convolution(Window.of(Arrays.copyOfRange(kernel, 2, kernel.length))), weights);
    }

    private static Value constant(GraphBuilder builder, String name, Shape shape) {
        Tensor tensor = SeededInputs.of(List.of(TensorType.f32(shape.extents())), name.hashCode())
                .get(0);
        return builder.constant(name, tensor);
    }

    private static void expectEqual(Graph graph) {
        Validator validator = Validator.of(graph).subject("onednn");
        Validation validation = validator.run(validator.seededInputs(1));
        assertThat(validation.equal()).as(validation.toString()).isTrue();
    }
}
