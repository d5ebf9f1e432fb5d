package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.graph.Value;
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
        Value src = node.inputs().get(0);
        // Numbers are looked at only if something comes of it.
        if (!(node.layer() instanceof BatchNormalization layer) || !ScaleShift.folds(graph, node, src)) {
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
        scaleShift(layer, statistics).foldInto(graph, node, src);
    }

    /** scale · (x − mean) / √(variance + epsilon) + bias as one product and one sum. */
    private static ScaleShift scaleShift(BatchNormalization layer, List<Tensor> statistics) {
        float[] given = numbers(statistics.get(0));
        float[] bias = numbers(statistics.get(1));
        float[] mean = numbers(statistics.get(2));
        float[] variance = numbers(statistics.get(3));
        double[] scale = new double[given.length];
        double[] shift = new double[given.length];
        for (int c = 0; c < given.length; c++) {
            scale[c] = given[c] / Math.sqrt((double) variance[c] + layer.epsilon());
            shift[c] = bias[c] - mean[c] * scale[c];
        }
        return new ScaleShift(scale, shift);
    }

    /** A tensor's numbers: a deep network has some ten thousand, which to ask for one by one takes longer than all else here. */
    private static float[] numbers(Tensor tensor) {
        if (tensor.dataType() == DataType.F32) {
            return tensor.toFloats();
        }
        float[] numbers = new float[tensor.shape().elements()];
        for (int i = 0; i < numbers.length; i++) {
            // Exact, as the only other type is bf16.
            numbers[i] = (float) tensor.get(i);
        }
        return numbers;
    }
}
