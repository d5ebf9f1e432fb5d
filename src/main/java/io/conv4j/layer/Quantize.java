package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Integers for fractions: inputs src and scale, both f32, and, optionally, zeroPoint of the result's type; scale and
 * zeroPoint are broadcast to src.
 *
 * <p>dst = src / scale, divided in f32 and rounded to the nearest integer, ties to even, + zeroPoint, kept between low and
 * high (ONNX QuantizeLinear). Not a product with 1 / scale, which would round ties another way. A quotient that is not a
 * number counts as 0.
 *
 * @param type the result's type: u8, s8 or s32
 * @param low the least number of the result
 * @param high the greatest
 */
public record Quantize(DataType type, int low, int high) implements Layer {
    /** Checks type and range. */
    public Quantize {
        boolean fits =
                switch (type) {
                    case U8 -> low >= 0 && high <= 255;
                    case S8 -> low >= Byte.MIN_VALUE && high <= Byte.MAX_VALUE;
                    case S32 -> true;
                    default -> false;
                };
        if (!fits || low > high) {
            throw new Conv4jException("Quantize makes u8, s8 or s32 in a range of that type, got " + type.word()
                    + " from " + low + " to " + high);
        }
    }

    /** Over the whole range of u8, s8 or s32. */
    public static Quantize to(DataType type) {
        return switch (type) {
            case U8 -> new Quantize(type, 0, 255);
            case S8 -> new Quantize(type, Byte.MIN_VALUE, Byte.MAX_VALUE);
            default -> new Quantize(type, Integer.MIN_VALUE, Integer.MAX_VALUE);
        };
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 3);
        TensorType src = inputs.get(0);
        if (src.type() != DataType.F32 || inputs.get(1).type() != DataType.F32) {
            throw failure(this, "src and scale should be f32, got " + inputs);
        }
        if (inputs.size() > 2 && inputs.get(2).type() != type) {
            throw failure(this, "zeroPoint should be " + type.word() + ", got " + inputs.get(inputs.size() - 1));
        }
        Inputs.broadcastToFirst(this, inputs);
        return List.of(new TensorType(type, src.shape()));
    }

    /** The function itself on one element. */
    public int apply(float src, float scale, int zeroPoint) {
        float quotient = src / scale;
        double shifted = Float.isNaN(quotient) ? zeroPoint : Math.rint(quotient) + zeroPoint;
        return (int) Math.max(low, Math.min(high, shifted));
    }
}
