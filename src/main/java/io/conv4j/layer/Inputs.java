package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/** The checks that layers share when they look at their inputs. */
final class Inputs {
    private Inputs() {}

    static void count(Layer layer, List<TensorType> inputs, int least, int most) {
        if (inputs.size() < least || inputs.size() > most) {
            throw new Conv4jException(layer.word() + " takes " + (least == most ? least : least + " to " + most)
                    + " inputs, got " + inputs.size());
        }
    }

    /** A product of extents that are at least 1; one beyond any extent is an error, whatever its size. */
    static long product(Layer layer, int... extents) {
        long product = 1;
        for (int extent : extents) {
            if (product > Integer.MAX_VALUE) {
                throw failure(layer, "the result has an extent beyond " + Integer.MAX_VALUE);
            }
            product *= extent;
        }
        return product;
    }

    /**
     * What a failed check throws. Not a method that checks and takes the message: layers infer often, and it would be written
     * where all is well, too.
     */
    static Conv4jException failure(Layer layer, String message) {
        return new Conv4jException(layer.word() + ": " + message);
    }

    /** src is [N, C, spatial…] with as many spatial axes as the layer has. */
    static Shape spatial(Layer layer, TensorType src, int axes) {
        if (src.shape().rank() != axes + 2) {
            throw failure(
                    layer,
                    "src " + src.shape() + " should have " + (axes + 2) + " axes: N, C and " + axes + " spatial");
        }
        return src.shape();
    }

    static void sameType(Layer layer, List<TensorType> inputs) {
        DataType first = inputs.get(0).type();
        for (TensorType input : inputs) {
            if (input.type() != first) {
                throw failure(layer, "inputs should have one type, got " + inputs);
            }
        }
    }

    /** The first input has the shape to which all of them broadcast. */
    static void broadcastToFirst(Layer layer, List<TensorType> inputs) {
        Shape first = inputs.get(0).shape();
        for (TensorType input : inputs) {
            if (!Shape.broadcast(first, input.shape()).equals(first)) {
                throw failure(layer, "[" + input.shape() + "] does not broadcast to src, [" + first + "]");
            }
        }
    }

    static void indices(Layer layer, TensorType input) {
        boolean integers = input.type() == DataType.S64 || input.type() == DataType.S32;
        if (!integers) {
            throw failure(layer, "indices should be s64 or s32, got " + input);
        }
    }

    static void floating(Layer layer, TensorType input) {
        if (!input.type().floating()) {
            throw failure(layer, "takes f32 or bf16, got " + input);
        }
    }

    /** Types whose products are summed: s32 exactly, within 53 bits. */
    static void multiplied(Layer layer, TensorType input) {
        if (!(input.type().floating() || input.type() == DataType.S32)) {
            throw failure(layer, "takes f32, bf16 or s32, got " + input);
        }
    }

    /** A vector with one number per channel. */
    static void perChannel(Layer layer, String name, TensorType input, int channels) {
        if (!input.shape().equals(Shape.of(channels))) {
            throw failure(layer, name + " should be [" + channels + "], got [" + input.shape() + "]");
        }
    }
}
