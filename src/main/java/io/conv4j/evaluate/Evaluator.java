package io.conv4j.evaluate;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Activation;
import io.conv4j.layer.ArgReduce;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Cast;
import io.conv4j.layer.Concat;
import io.conv4j.layer.DepthToSpace;
import io.conv4j.layer.Dequantize;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Gather;
import io.conv4j.layer.GatherElements;
import io.conv4j.layer.Layer;
import io.conv4j.layer.MaxUnpooling;
import io.conv4j.layer.Pad;
import io.conv4j.layer.Quantize;
import io.conv4j.layer.Reduce;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Slice;
import io.conv4j.layer.SpaceToDepth;
import io.conv4j.layer.TopK;
import io.conv4j.layer.Transpose;
import io.conv4j.layer.Where;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Computes the layers that move single elements or combine them. The one place for these, used for constant folding and by
 * the Java back end. Works on tensors of all types; integers are exact over all of s64 and wrap as in C, fractions are
 * computed in double and rounded once. Stateless and safe from any thread; inputs are not modified.
 */
public final class Evaluator {
    private Evaluator() {}

    /** Whether the layer is one of those computed here. */
    public static boolean covers(Layer layer) {
        return layer instanceof Reshape
                || layer instanceof Transpose
                || layer instanceof Slice
                || layer instanceof Concat
                || layer instanceof Gather
                || layer instanceof GatherElements
                || layer instanceof Expand
                || layer instanceof Pad
                || layer instanceof Cast
                || layer instanceof Binary
                || layer instanceof Activation
                || layer instanceof Where
                || layer instanceof Quantize
                || layer instanceof Dequantize
                || layer instanceof Reduce
                || layer instanceof ArgReduce
                || layer instanceof TopK
                || layer instanceof MaxUnpooling
                || layer instanceof DepthToSpace
                || layer instanceof SpaceToDepth;
    }

    /**
     * Computes a layer into fresh tensors, with as many threads as there are processors.
     *
     * @throws Conv4jException if the layer is not covered, the inputs do not fit it, or an index is out of range
     */
    public static List<Tensor> evaluate(Layer layer, List<Tensor> inputs) {
        List<Tensor> outputs =
                layer.infer(types(inputs)).stream().map(Tensor::zeros).toList();
        evaluate(layer, inputs, outputs);
        return outputs;
    }

    /** Computes a layer into the tensors given, with as many threads as there are processors. */
    public static void evaluate(Layer layer, List<Tensor> inputs, List<Tensor> outputs) {
        evaluate(layer, inputs, outputs, Workers.all());
    }

    /**
     * Computes a layer into the tensors given. An activation, or a binary function whose result has the first input's type
     * and shape, may write into that input; else the memory must not overlap.
     *
     * @throws Conv4jException if the layer is not covered, inputs or outputs do not fit it, or an index is out of range
     */
    public static void evaluate(Layer layer, List<Tensor> inputs, List<Tensor> outputs, Workers workers) {
        List<TensorType> wanted = layer.infer(types(inputs));
        if (!wanted.equals(types(outputs))) {
            throw new Conv4jException(layer.word() + " makes " + wanted + ", the outputs given are " + types(outputs));
        }
        Tensor src = inputs.get(0);
        Tensor dst = outputs.get(0);
        if (layer instanceof Activation activation) {
            new Functions(workers).activation(activation, src, dst);
        } else if (layer instanceof Cast) {
            new Functions(workers).cast(src, dst);
        } else if (layer instanceof Binary binary) {
            new Arithmetic(workers).binary(binary.op(), src, inputs.get(1), dst);
        } else if (layer instanceof Where) {
            new Arithmetic(workers).where(src, inputs.get(1), inputs.get(2), dst);
        } else if (layer instanceof Quantize quantize) {
            new Quantizing(inputs, dst).quantize(quantize, workers);
        } else if (layer instanceof Dequantize dequantize) {
            new Quantizing(inputs, dst).dequantize(dequantize, workers);
        } else if (layer instanceof Reduce reduce) {
            Reductions.reduce(reduce, src, dst, workers);
        } else if (layer instanceof ArgReduce argReduce) {
            Selections.argReduce(argReduce, src, dst, workers);
        } else if (layer instanceof MaxUnpooling) {
            Unpooling.maxUnpooling(src, inputs.get(1), dst, workers);
        } else if (layer instanceof TopK topK) {
            Selections.topK(topK, src, outputs, workers);
        } else if (layer instanceof Concat concat) {
            new Joins(workers).concat(concat, inputs, dst);
        } else if (layer instanceof Gather gather) {
            new Joins(workers).gather(gather, src, inputs.get(1), dst);
        } else if (layer instanceof GatherElements gather) {
            new Joins(workers).gatherElements(gather, src, inputs.get(1), dst);
        } else {
            move(layer, src, dst, workers);
        }
    }

    private static void move(Layer layer, Tensor src, Tensor dst, Workers workers) {
        Moves moves = new Moves(workers);
        if (layer instanceof Reshape) {
            dst.bytes().put(src.bytes());
        } else if (layer instanceof Pad pad) {
            Padding.pad(pad, src, dst, workers);
        } else if (layer instanceof Transpose transpose) {
            moves.transpose(transpose, src, dst);
        } else if (layer instanceof Slice slice) {
            moves.slice(slice, src, dst);
        } else if (layer instanceof Expand) {
            moves.expand(src, dst);
        } else if (layer instanceof DepthToSpace depthToSpace) {
            moves.depthToSpace(depthToSpace, src, dst);
        } else if (layer instanceof SpaceToDepth spaceToDepth) {
            moves.spaceToDepth(spaceToDepth, src, dst);
        } else {
            throw new Conv4jException(
                    layer.word() + " is not a layer of single elements: run it on a back end instead");
        }
    }

    private static List<TensorType> types(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::type).toList();
    }
}
