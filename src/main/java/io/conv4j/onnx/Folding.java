package io.conv4j.onnx;

import io.conv4j.evaluate.Evaluator;
import io.conv4j.layer.Layer;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Computes layers over constants at import, within a budget, so that a small file cannot ask for much memory or time. What
 * does not fit the budget stays a layer of the graph.
 */
final class Folding {
    /** Bytes a single result may have. */
    static final long LARGEST_RESULT = 256L << 20;

    private static final long ALL_BYTES_TOUCHED = 2L << 30;
    private static final long ALL_BYTES_MADE = 512L << 20;

    private long touched;
    private long made;

    /** Whether a layer over these constants is to be computed now. */
    boolean admits(Layer layer, List<TensorType> inputs, List<TensorType> outputs) {
        if (!Evaluator.covers(layer)) {
            return false;
        }
        long read = bytes(inputs);
        long written = bytes(outputs);
        return written <= LARGEST_RESULT
                && made + written <= ALL_BYTES_MADE
                && touched + read + written <= ALL_BYTES_TOUCHED;
    }

    private static long bytes(List<TensorType> types) {
        long bytes = 0;
        for (TensorType type : types) {
            bytes += type.bytes();
        }
        return bytes;
    }

    /** Takes work of another kind, counted in bytes touched, from the budget; false, taking nothing, if that is too much. */
    boolean affords(double bytes) {
        boolean affordable = touched + bytes <= ALL_BYTES_TOUCHED;
        touched += affordable ? (long) bytes : 0;
        return affordable;
    }

    /** The layer's outputs. */
    List<Tensor> evaluate(Layer layer, List<Tensor> inputs) {
        List<Tensor> outputs = Evaluator.evaluate(layer, inputs);
        touched += inputs.stream().mapToLong(t -> t.type().bytes()).sum();
        for (Tensor output : outputs) {
            touched += output.type().bytes();
            made += output.type().bytes();
        }
        return outputs;
    }
}
