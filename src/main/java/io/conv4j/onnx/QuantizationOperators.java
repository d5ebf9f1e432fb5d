package io.conv4j.onnx;

import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Dequantize;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Quantize;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Slice;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear: by tensor, along an axis, and in blocks of an axis. */
final class QuantizationOperators {
    private QuantizationOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "QuantizeLinear" -> forms.one(10, QuantizationOperators::quantize);
            case "DequantizeLinear" -> forms.one(10, QuantizationOperators::dequantize);
            case "DynamicQuantizeLinear" -> forms.many(11, QuantizationOperators::dynamic);
            default -> {}
        }
    }

    private static Operand quantize(NodeContext node) {
        Operand src = real(node, node.input(0));
        Operand scale = spread(node, real(node, node.input(1)), src.shape());
        Quantize layer = quantization(quantizedType(node));
        if (!node.has(2)) {
            return node.result(layer, src, scale);
        }
        return node.result(layer, src, scale, spread(node, zeroPoint(node, layer.type()), src.shape()));
    }

    /** Fractions in the type that is computed in. */
    static Operand real(NodeContext node, Operand operand) {
        return operand.dataType() == DataType.F32 ? operand : node.add(new Cast(DataType.F32), operand);
    }

    /** By attribute (since opset 21) or that of the zero point; u8 where there is neither. */
    private static ElementType quantizedType(NodeContext node) {
        int code = NodeContext.narrow(node.attributes().integer("output_dtype", 0));
        if (code != 0) {
            return ElementType.of(code)
                    .orElseThrow(() -> new UnsupportedNode("quantization to " + ElementType.word(code)));
        }
        return node.has(2) ? node.elementType(2) : ElementType.UINT8;
    }

    /** Integers of 16 bits are held in 32. */
    static Quantize quantization(ElementType type) {
        return switch (type) {
            case UINT8, INT8 -> Quantize.to(type.type());
            case UINT16 -> new Quantize(DataType.S32, 0, 0xffff);
            case INT16 -> new Quantize(DataType.S32, Short.MIN_VALUE, Short.MAX_VALUE);
            default -> throw new UnsupportedNode("quantization to " + type);
        };
    }

    private static Operand zeroPoint(NodeContext node, DataType wanted) {
        Operand zeroPoint = node.input(2);
        if (zeroPoint.dataType() != wanted) {
            throw new ModelFormatException(
                    "the zero point should be " + wanted.word() + ", as the quantized tensor is, got " + zeroPoint);
        }
        return zeroPoint;
    }

    private static Operand dequantize(NodeContext node) {
        Operand src = node.input(0);
        Operand scale = spread(node, real(node, node.input(1)), src.shape());
        DataType type = dequantizedType(node);
        Operand[] from = node.has(2)
                ? new Operand[] {src, scale, spread(node, zeroPoint(node, src.dataType()), src.shape())}
                : new Operand[] {src, scale};
        return type == DataType.F32
                ? node.result(new Dequantize(), from)
                : node.result(new Cast(type), node.add(new Dequantize(), from));
    }

    private static DataType dequantizedType(NodeContext node) {
        int code = NodeContext.narrow(node.attributes().integer("output_dtype", 0));
        DataType type = code == 0
                ? node.input(1).dataType()
                : ElementType.of(code)
                        .map(ElementType::type)
                        .orElseThrow(() -> new UnsupportedNode("dequantization to " + ElementType.word(code)));
        if (!type.floating()) {
            throw new ModelFormatException("dequantization to " + type.word());
        }
        return type;
    }

    /** A scale or zero point so that it broadcasts to src: one number, one per element of an axis, or one per block of it. */
    private static Operand spread(NodeContext node, Operand operand, Shape src) {
        Shape shape = operand.shape();
        long block = node.attributes().integer("block_size", 0);
        if (block == 0 && shape.elements() == 1 && shape.rank() < 2) {
            return shape.rank() == 0 ? operand : node.add(new Reshape(Shape.of()), operand);
        }
        int axis = NodeContext.axis(node.attributes().integer("axis", 1), src.rank());
        if (block > 0 && shape.equals(src.with(axis, blocks(src.extent(axis), block)))) {
            return repeated(node, operand, src, axis, (int) Math.min(block, src.extent(axis)));
        }
        if (block == 0 && shape.equals(Shape.of(src.extent(axis)))) {
            List<Integer> extents = new ArrayList<>(Collections.nCopies(src.rank() - axis, 1));
            extents.set(0, src.extent(axis));
            return node.add(new Reshape(Shape.of(extents)), operand);
        }
        throw new ModelFormatException("[" + shape + "] is neither one number nor one per element or block of axis "
                + axis + " of src [" + src + "], block_size " + block);
    }

    private static int blocks(int extent, long block) {
        return (int) ((extent + block - 1) / block);
    }

    /** Each number as often as its block has elements; the last block may be shorter. */
    private static Operand repeated(NodeContext node, Operand operand, Shape src, int axis, int block) {
        List<Integer> apart = new ArrayList<>(
                Windows.narrow(MovementOperators.list(operand.shape().toLongs())));
        apart.add(axis + 1, 1);
        List<Integer> filled = new ArrayList<>(apart);
        filled.set(axis + 1, block);
        int extent = Math.multiplyExact(operand.shape().extent(axis), block);
        Operand expanded = node.add(new Expand(Shape.of(filled)), node.add(new Reshape(Shape.of(apart)), operand));
        Operand whole = node.add(new Reshape(src.with(axis, extent)), expanded);
        List<Integer> starts = Collections.nCopies(src.rank(), 0);
        List<Integer> extents = Windows.narrow(MovementOperators.list(src.toLongs()));
        return extent == src.extent(axis)
                ? whole
                : node.add(new Slice(starts, Collections.nCopies(src.rank(), 1), extents), whole);
    }

    /** To u8, by a scale that takes in all of src and 0: (max − min) / 255. */
    private static List<Operand> dynamic(NodeContext node) {
        Operand src = node.input(0);
        List<Integer> axes = IntStream.range(0, src.shape().rank()).boxed().toList();
        Operand zero = node.scalar(DataType.F32, 0);
        Operand least =
                node.add(new Binary(Binary.Op.MIN), node.add(new Reduce(Reduce.Kind.MIN, axes, false), src), zero);
        Operand most =
                node.add(new Binary(Binary.Op.MAX), node.add(new Reduce(Reduce.Kind.MAX, axes, false), src), zero);
        Operand range = node.add(new Binary(Binary.Op.SUB), most, least);
        Operand scale = node.result(1, new Binary(Binary.Op.DIV), range, node.scalar(DataType.F32, 255));
        Quantize layer = Quantize.to(DataType.U8);
        Operand below = node.add(new Binary(Binary.Op.SUB), zero, least);
        Operand zeroPoint = node.result(2, layer, below, scale);
        return List.of(node.result(layer, src, scale, zeroPoint), scale, zeroPoint);
    }
}
