package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Folds a normalisation by constant statistics into the convolution, transposed convolution or fully connected layer before
 * it: weights are multiplied by scale / √(variance + epsilon), in double and rounded once, and the bias follows. What
 * follows another layer is left as it is.
 */
final class FoldBatchNormalization implements Rewriting.Rule {
    @Override
    public void visit(Rewriting graph, Node node) {
        if (!(node.layer() instanceof BatchNormalization layer)) {
            return;
        }
        List<Tensor> statistics = new ArrayList<>();
        for (int i = 1; i < node.inputs().size(); i++) {
            Tensor constant = graph.constant(node.inputs().get(i));
            if (constant == null) {
                return;
            }
            statistics.add(constant);
        }
        scaleShift(layer, statistics).foldInto(graph, node, node.inputs().get(0));
    }

    /** scale · (x − mean) / √(variance + epsilon) + bias as one product and one sum. */
    private static ScaleShift scaleShift(BatchNormalization layer, List<Tensor> statistics) {
        double[] given = numbers(statistics.get(0));
        double[] bias = numbers(statistics.get(1));
        double[] mean = numbers(statistics.get(2));
        double[] variance = numbers(statistics.get(3));
        double[] scale = new double[given.length];
        double[] shift = new double[given.length];
        for (int c = 0; c < given.length; c++) {
            scale[c] = given[c] / Math.sqrt(variance[c] + (double) layer.epsilon());
            shift[c] = bias[c] - mean[c] * scale[c];
        }
        return new ScaleShift(scale, shift);
    }

    /** A tensor's numbers: a deep network has some ten thousand, which to ask for one by one takes longer than all else here. */
    private static double[] numbers(Tensor tensor) {
        double[] numbers = new double[tensor.shape().elements()];
        float[] floats = tensor.dataType() == DataType.F32 ? tensor.toFloats() : null;
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = floats == null ? tensor.get(i) : floats[i];
        }
        return numbers;
    }
}
