package io.conv4j.backend.purejava;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * Convolution of one, two or three axes: output element y sees through tap t the input element y·stride + t·dilation −
 * padBefore.
 */
final class ConvolutionKernel extends WindowProduct {
    private final Source weights;
    private final int outputs;

    ConvolutionKernel(Convolution layer, List<Tensor> sources, Destination dst) {
        super(layer.window(), layer.groups(), dst.shape().extent(1) / layer.groups(), sources, dst);
        this.weights = new Source(sources.get(1));
        this.outputs = dst.shape().extent(1) / layer.groups();
    }

    /** Weights are [Cout, Cin/groups, kernel…]: an output's lie side by side. */
    @Override
    void readWeights(int image, int output, int k, double[] into, int length) {
        int depth = channels() * taps();
        weights.read((group(image) * outputs + output) * depth + k, 1, into, 0, length);
    }

    @Override
    int inputIndex(Axis axis, int output, int tap) {
        return axis.inputIndex(output, tap);
    }

    @Override
    void readRun(Run run, int row, int extent, double[] into, int at) {
        long stride = run.axis().stride();
        long offset = (long) run.tap() * run.axis().dilation() - run.axis().padBefore();
        // Outputs first to end − 1 see an element; the others see padding.
        long first = Math.max(run.output(), Math.floorDiv(-offset + stride - 1, stride));
        long end = Math.min((long) run.output() + run.length(), Math.floorDiv(extent - offset + stride - 1, stride));
        if (first < end) {
            int from = row + (int) (first * stride + offset);
            src().read(from, (int) stride, into, at + (int) first - run.output(), (int) (end - first));
        }
    }
}
