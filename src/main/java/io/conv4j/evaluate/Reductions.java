package io.conv4j.evaluate;

import io.conv4j.layer.Reduce;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * One number for all elements along some axes. Fractions are summed in double, integers in long where the result is one.
 * Over no elements a sum is 0, a product 1, a maximum the least number of the type, a minimum the greatest.
 */
final class Reductions {
    private final Reduce.Kind kind;
    private final Tensor src;
    private final Tensor dst;
    private final int[] first;
    private final int[] offsets;

    private Reductions(Reduce layer, Tensor src, Tensor dst) {
        this.kind = layer.kind();
        this.src = src;
        this.dst = dst;
        this.first = offsets(layer, src.shape(), false);
        this.offsets = offsets(layer, src.shape(), true);
    }

    static void reduce(Reduce layer, Tensor src, Tensor dst, Workers workers) {
        Reductions reductions = new Reductions(layer, src, dst);
        boolean exact = !src.dataType().floating() && reductions.staysWhole();
        workers.forEach(dst.shape().elements(), reductions.offsets.length, i -> {
            if (exact) {
                dst.setLong(i, reductions.whole(reductions.first[i]));
            } else {
                reductions.fraction(i);
            }
        });
    }

    private boolean staysWhole() {
        return switch (kind) {
            case SUM, MEAN, MAX, MIN, PRODUCT, L1, SUM_OF_SQUARES -> true;
            case L2, LOG_SUM, LOG_SUM_EXP -> false;
        };
    }

    /** Offsets, in row-major order, of all positions along the axes that vanish, or along those that stay. */
    private static int[] offsets(Reduce layer, Shape src, boolean vanishing) {
        int[] strides = src.strides();
        int[] offsets = {0};
        for (int axis = 0; axis < src.rank(); axis++) {
            if (layer.axes().contains(axis) == vanishing) {
                int extent = src.extent(axis);
                int[] longer = new int[Math.multiplyExact(offsets.length, extent)];
                for (int i = 0; i < longer.length; i++) {
                    longer[i] = offsets[i / extent] + i % extent * strides[axis];
                }
                offsets = longer;
            }
        }
        return offsets;
    }

    private long whole(int at) {
        return switch (kind) {
            case SUM -> fold(at, 0, x -> x, Long::sum);
            case MEAN -> offsets.length == 0 ? 0 : fold(at, 0, x -> x, Long::sum) / offsets.length;
            case MAX -> fold(at, least(), x -> x, Math::max);
            case MIN -> fold(at, greatest(), x -> x, Math::min);
            case PRODUCT -> fold(at, 1, x -> x, (a, b) -> a * b);
            case L1 -> fold(at, 0, Math::abs, Long::sum);
            case SUM_OF_SQUARES -> fold(at, 0, x -> x * x, Long::sum);
            case L2, LOG_SUM, LOG_SUM_EXP -> throw new IllegalArgumentException(kind + " of integers is not whole");
        };
    }

    private long fold(int at, long start, LongUnaryOperator each, LongBinaryOperator combine) {
        long result = start;
        for (int offset : offsets) {
            result = combine.applyAsLong(result, each.applyAsLong(src.getLong(at + offset)));
        }
        return result;
    }

    private long least() {
        return switch (src.dataType()) {
            case S8 -> Byte.MIN_VALUE;
            case S32 -> Integer.MIN_VALUE;
            case S64 -> Long.MIN_VALUE;
            case U8, BOOL, F32, BF16 -> 0;
        };
    }

    private long greatest() {
        return switch (src.dataType()) {
            case U8 -> 255;
            case S8 -> Byte.MAX_VALUE;
            case S32 -> Integer.MAX_VALUE;
            case S64 -> Long.MAX_VALUE;
            case BOOL, F32, BF16 -> 1;
        };
    }

    private void fraction(int index) {
        int at = first[index];
        double result =
                switch (kind) {
                    case SUM -> sum(at, x -> x);
                    case MEAN -> sum(at, x -> x) / offsets.length;
                    case MAX -> extreme(at, 1);
                    case MIN -> -extreme(at, -1);
                    case PRODUCT -> product(at);
                    case L1 -> sum(at, Math::abs);
                    case L2 -> Math.sqrt(sum(at, x -> x * x));
                    case SUM_OF_SQUARES -> sum(at, x -> x * x);
                    case LOG_SUM -> Math.log(sum(at, x -> x));
                    case LOG_SUM_EXP -> logSumExp(at);
                };
        // Integers take the whole part, as casting does.
        if (dst.dataType().floating() || dst.dataType() == DataType.BOOL) {
            dst.set(index, result);
        } else {
            dst.setLong(index, (long) result);
        }
    }

    private double sum(int at, DoubleUnaryOperator each) {
        double sum = 0;
        for (int offset : offsets) {
            sum += each.applyAsDouble(src.get(at + offset));
        }
        return sum;
    }

    private double product(int at) {
        double product = 1;
        for (int offset : offsets) {
            product *= src.get(at + offset);
        }
        return product;
    }

    private double extreme(int at, double sign) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int offset : offsets) {
            largest = Math.max(largest, sign * src.get(at + offset));
        }
        return largest;
    }

    /** With the maximum taken out, so that no power overflows. */
    private double logSumExp(int at) {
        double largest = extreme(at, 1);
        return Double.isInfinite(largest) ? largest : largest + Math.log(sum(at, x -> Math.exp(x - largest)));
    }
}
