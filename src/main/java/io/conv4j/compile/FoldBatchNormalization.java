package io.conv4j.compile;

import io.conv4j.graph.Node;
import io.conv4j.layer.BatchNormalization;
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
        int channels = statistics.get(0).shape().elements();
        double[] scale = new double[channels];
        double[] shift = new double[channels];
        for (int c = 0; c < channels; c++) {
            scale[c] = statistics.get(0).get(c) / Math.sqrt(statistics.get(3).get(c) + (double) layer.epsilon());
            shift[c] = statistics.get(1).get(c) - statistics.get(2).get(c) * scale[c];
        }
        return new ScaleShift(scale, shift);
    }
}
