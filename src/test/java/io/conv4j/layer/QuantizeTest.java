package io.conv4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Quantize and Dequantize: what they make of types, and of single numbers. */
class QuantizeTest {
    private static final TensorType SRC = TensorType.f32(2, 3, 4);
    private static final TensorType SCALE = TensorType.f32(3, 1);
    private static final TensorType BYTES = new TensorType(DataType.U8, SRC.shape());

    private static TensorType of(DataType type, int... extents) {
        return new TensorType(type, Shape.of(extents));
    }

    private static void refused(Layer layer, String message, TensorType... inputs) {
        assertThatThrownBy(() -> layer.infer(List.of(inputs)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining(message);
    }

    @Test
    void changeTheTypeAndKeepTheShape() {
        assertThat(Quantize.to(DataType.U8).infer(List.of(SRC, SCALE))).containsExactly(BYTES);
        assertThat(Quantize.to(DataType.U8).infer(List.of(SRC, SCALE, of(DataType.U8))))
                .containsExactly(BYTES);
        assertThat(new Dequantize().infer(List.of(BYTES, SCALE, of(DataType.U8, 4))))
                .containsExactly(SRC);
    }

    @Test
    void refuseOtherTypesAndShapes() {
        refused(Quantize.to(DataType.S8), "src and scale should be f32", BYTES, SCALE);
        refused(Quantize.to(DataType.S8), "zeroPoint should be s8", SRC, SCALE, of(DataType.U8));
        refused(Quantize.to(DataType.S8), "[5x2x3x4] does not broadcast to src", SRC, TensorType.f32(5, 2, 3, 4));
        refused(Quantize.to(DataType.S8), "takes 2 to 3 inputs, got 1", SRC);
        refused(new Dequantize(), "src should be of an integer type", SRC, SCALE);
        refused(new Dequantize(), "src should be of an integer type", of(DataType.BOOL, 2), TensorType.f32());
        refused(new Dequantize(), "scale should be f32", BYTES, BYTES);
        refused(new Dequantize(), "zeroPoint should have src's type", BYTES, SCALE, of(DataType.S8));
        refused(new Dequantize(), "do not broadcast", BYTES, TensorType.f32(2));
    }

    @Test
    void areNeededBeforeProductsOfBytes() {
        refused(new MatMul(), "takes f32, bf16 or s32", of(DataType.U8, 2, 2), of(DataType.U8, 2, 2));
        refused(
                new Convolution(Window.of(1)),
                "takes f32, bf16 or s32",
                of(DataType.S8, 1, 2, 2),
                of(DataType.S8, 2, 2, 1));
        assertThat(new MatMul().infer(List.of(of(DataType.S32, 2, 3), of(DataType.S32, 3, 4))))
                .containsExactly(of(DataType.S32, 2, 4));
    }

    @Test
    void makeOnlyRangesOfTheirType() {
        assertThatThrownBy(() -> new Quantize(DataType.U8, -1, 255)).hasMessageContaining("got u8 from -1 to 255");
        assertThatThrownBy(() -> new Quantize(DataType.S8, 5, 4)).hasMessageContaining("got s8 from 5 to 4");
        assertThatThrownBy(() -> Quantize.to(DataType.F32)).isInstanceOf(Conv4jException.class);
    }

    @Test
    void roundTiesToEvenAndSaturate() {
        Quantize bytes = Quantize.to(DataType.U8);

        assertThat(bytes.apply(5, 2, 128)).isEqualTo(130);
        assertThat(bytes.apply(7, 2, 128)).isEqualTo(132);
        assertThat(bytes.apply(-5, 2, 128)).isEqualTo(126);
        assertThat(bytes.apply(Float.POSITIVE_INFINITY, 2, 128)).isEqualTo(255);
        assertThat(bytes.apply(-1e30f, 2, 128)).isZero();
        assertThat(bytes.apply(0, 0, 128)).isEqualTo(128);
        assertThat(new Quantize(DataType.S32, Short.MIN_VALUE, Short.MAX_VALUE).apply(1e9f, 1, -5))
                .isEqualTo(Short.MAX_VALUE);
        assertThat(Quantize.to(DataType.S32).apply(-1e20f, 1, 1)).isEqualTo(Integer.MIN_VALUE);
    }

    /** At ties a product with the reciprocal falls to one side or the other. */
    @Test
    void divide() {
        Quantize signed = Quantize.to(DataType.S8);
        int differences = 0;
        for (int divisor = 2; divisor < 200; divisor += 2) {
            for (int odd = 1; odd < 200; odd += 2) {
                float src = odd * (divisor / 2f);
                assertThat(signed.apply(src, divisor, 0)).isEqualTo((int) Math.min(127, Math.rint(odd / 2.0)));
                differences += Math.rint(src * (1f / divisor)) == Math.rint(odd / 2.0) ? 0 : 1;
            }
        }
        assertThat(differences).as("ties that a reciprocal rounds another way").isPositive();
    }

    @Test
    void subtractExactly() {
        assertThat(new Dequantize().apply(Integer.MAX_VALUE, 1, Integer.MAX_VALUE - 1))
                .isEqualTo(1);
        assertThat(new Dequantize().apply(3, 0.5f, 7)).isEqualTo(-2);
    }
}
