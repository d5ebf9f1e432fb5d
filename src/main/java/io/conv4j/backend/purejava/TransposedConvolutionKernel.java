package io.conv4j.backend.purejava;

import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * Transposed convolution, seen from the output: input x adds to output x·stride + t·dilation − padBefore, so output y takes
 * through tap t the input (y + padBefore − t·dilation) / stride where that is whole.
 */
final class TransposedConvolutionKernel extends WindowProduct {
    private final Source weights;
    private final int outputs;

    TransposedConvolutionKernel(TransposedConvolution layer, List<Tensor> sources, Destination dst) {
        super(layer.window(), layer.groups(), dst.shape().extent(1) / layer.groups(), sources, dst);
        this.weights = new Source(sources.get(1));
        this.outputs = dst.shape().extent(1) / layer.groups();
    }

    /** Weights are [Cin, Cout/groups, kernel…]. */
    @Override
    void readWeights(int image, int output, int k, double[] into, int length) {
        for (int i = 0; i < length; i++) {
            int channel = group(image) * channels() + (k + i) / taps();
            into[i] = weights.get((channel * outputs + output) * taps() + (k + i) % taps());
        }
    }

    @Override
    int inputIndex(Axis axis, int output, int tap) {
        long scaled = scaled(axis, output, tap);
        return scaled < 0 || scaled % axis.stride() != 0
                ? -1
                : (int) Math.min(scaled / axis.stride(), Integer.MAX_VALUE);
    }

    private static long scaled(Axis axis, int output, int tap) {
        return (long) output + axis.padBefore() - (long) tap * axis.dilation();
    }

    @Override
    void readRun(Run run, int row, int extent, double[] into, int at) {
        int stride = run.axis().stride();
        // The run's first output that takes the first input or a later one.
        long scaled = scaled(run.axis(), run.output(), run.tap());
        long skip = scaled < 0 ? -scaled : (stride - scaled % stride) % stride;
        long x = (scaled + skip) / stride;
        for (long i = skip; i < run.length() && x < extent; i += stride) {
            into[at + (int) i] = src().get(row + (int) x++);
        }
    }
}
