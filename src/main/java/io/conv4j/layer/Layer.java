package io.conv4j.layer;

import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * What one node of a network computes, without its numbers. Every implementation is a record that validates itself when
 * built: no layer object exists that cannot be computed. Tensors are logical N, C, D, H, W, whatever a back end does.
 */
public sealed interface Layer
        permits Activation,
                ArgReduce,
                BatchNormalization,
                Binary,
                Cast,
                Concat,
                Convolution,
                DeformableConvolution,
                Dense,
                DepthToSpace,
                Dequantize,
                Expand,
                Gather,
                GatherElements,
                GridSample,
                LocalResponseNormalization,
                MatMul,
                MaxPoolingWithIndices,
                MaxUnpooling,
                Pad,
                Pooling,
                Quantize,
                Reduce,
                Reshape,
                Resize,
                Slice,
                Softmax,
                SpaceToDepth,
                TopK,
                Transpose,
                TransposedConvolution,
                Where {
    /**
     * Types and shapes of the outputs, given those of the inputs.
     *
     * @throws io.conv4j.Conv4jException if the inputs do not fit this layer; the message names both
     */
    List<TensorType> infer(List<TensorType> inputs);

    /** The layer's name for people, in the field's words: {@code Convolution}. */
    default String word() {
        return getClass().getSimpleName();
    }
}
