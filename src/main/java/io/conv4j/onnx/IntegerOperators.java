package io.conv4j.onnx;

import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Quantize;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ConvInteger, MatMulInteger, QLinearConv and QLinearMatMul. Products are of s32 from which zero points have been
 * subtracted, so that padding is 0 and all sums are exact; results in 8 bits are the sum, as f32, times
 * scale · scale / scale, quantized.
 */
final class IntegerOperators {
    private IntegerOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "ConvInteger" -> forms.one(10, IntegerOperators::convolution);
            case "MatMulInteger" -> forms.one(10, IntegerOperators::product);
            case "QLinearConv" -> forms.one(10, IntegerOperators::quantizedConvolution);
            case "QLinearMatMul" -> forms.one(10, IntegerOperators::quantizedProduct);
            default -> {}
        }
    }

    private static Operand convolution(NodeContext node) {
        Operand weights = node.input(1);
        Operand src = centred(node, node.input(0), node.optional(2));
        Operand kernels = centred(node, weights, perOutput(node, node.optional(3), weights.shape()));
        return node.result(layer(node, src.shape(), weights.shape()), src, kernels);
    }

    private static Convolution layer(NodeContext node, Shape src, Shape weights) {
        Window window = Windows.of(node, Windows.kernel(node, weights), src);
        return new Convolution(window, ConvolutionOperators.groups(node));
    }

    /** Bytes as s32, less their zero point. */
    private static Operand centred(NodeContext node, Operand src, @Nullable Operand zeroPoint) {
        if (src.dataType() != DataType.U8 && src.dataType() != DataType.S8) {
            throw new ModelFormatException("it takes u8 or s8, got " + src);
        }
        Operand wide = node.add(new Cast(DataType.S32), src);
        if (zeroPoint == null || isZero(zeroPoint)) {
            return wide;
        }
        if (zeroPoint.dataType() != src.dataType()) {
            throw new ModelFormatException("the zero point of " + src + " should have its type, got " + zeroPoint);
        }
        return node.add(new Binary(Binary.Op.SUB), wide, node.add(new Cast(DataType.S32), zeroPoint));
    }

    private static boolean isZero(Operand zeroPoint) {
        Tensor tensor = zeroPoint.tensor();
        return tensor != null && tensor.shape().elements() == 1 && tensor.get(0) == 0;
    }

    /** Numbers for all, or one per output channel, so that they go along the first axis of a shape. */
    private static @Nullable Operand perOutput(NodeContext node, @Nullable Operand numbers, Shape shape) {
        return numbers == null ? null : along(node, numbers, shape.rank());
    }

    /** One number, or a vector with so many axes that its own is the first of this many. */
    private static Operand along(NodeContext node, Operand numbers, int axes) {
        if (numbers.shape().elements() == 1 && numbers.shape().rank() < 2) {
            return numbers.shape().rank() == 0 ? numbers : node.add(new Reshape(Shape.of()), numbers);
        }
        if (numbers.shape().rank() != 1) {
            return numbers;
        }
        List<Integer> extents = new ArrayList<>(Collections.nCopies(axes, 1));
        extents.set(0, numbers.shape().elements());
        return node.add(new Reshape(Shape.of(extents)), numbers);
    }

    private static Operand product(NodeContext node) {
        Operand zeroOfRows = node.optional(2);
        Operand rows = centred(node, node.input(0), zeroOfRows == null ? null : along(node, zeroOfRows, 2));
        Operand columns = centred(node, node.input(1), node.optional(3));
        return MatrixOperators.product(node, rows, columns, node::result);
    }

    private static Operand quantizedConvolution(NodeContext node) {
        Operand weights = node.input(3);
        Shape shape = weights.shape();
        Operand src = centred(node, node.input(0), node.input(2));
        Operand kernels = centred(node, weights, along(node, node.input(5), shape.rank()));
        Convolution layer = layer(node, src.shape(), shape);
        Operand sums = node.has(8) ? node.add(layer, src, kernels, node.input(8)) : node.add(layer, src, kernels);
        Operand scale = along(node, node.input(4), shape.rank() - 1);
        return requantized(node, sums, node.input(1), scale, shape.rank() - 1);
    }

    private static Operand quantizedProduct(NodeContext node) {
        Operand rows = centred(node, node.input(0), along(node, node.input(2), 2));
        Operand columns = centred(node, node.input(3), node.input(5));
        Operand sums = MatrixOperators.product(node, rows, columns, node::add);
        return requantized(node, sums, along(node, node.input(1), 2), node.input(4), 2);
    }

    /** sums · (scale · scale / scale of the result) + zero point of the result, saturated. */
    private static Operand requantized(NodeContext node, Operand sums, Operand first, Operand second, int axes) {
        Operand zeroPoint = along(node, node.input(7), axes);
        Quantize layer = QuantizationOperators.quantization(node.elementType(7));
        Operand product = node.add(
                new Binary(Binary.Op.MUL),
                QuantizationOperators.real(node, first),
                QuantizationOperators.real(node, second));
        Operand divisor = along(node, QuantizationOperators.real(node, node.input(6)), axes);
        Operand factor = node.add(new Binary(Binary.Op.DIV), product, divisor);
        Operand real = node.add(new Cast(DataType.F32), sums);
        Operand scaled = node.add(new Binary(Binary.Op.MUL), real, factor);
        return node.result(layer, scaled, node.scalar(DataType.F32, 1), zeroPoint);
    }
}
