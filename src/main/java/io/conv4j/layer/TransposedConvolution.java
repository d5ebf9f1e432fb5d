package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.Collections;
import java.util.List;

/**
 * Transposed convolution (deconvolution): inputs src [N, Cin, spatial…], weights [Cin, Cout/groups, kernel…] as in ONNX and
 * PyTorch and, optionally, bias [Cout]; output [N, Cout, spatial…]. The adjoint of the convolution with the same window.
 *
 * <p>Every src[n, c, x] adds src · weights[c, o, t] to dst[n, o, x·stride + t·dilation − padBefore] for all o and t; what
 * falls outside is dropped.
 *
 * @param window kernel, stride, dilation and padding (which cuts the output) of each spatial axis
 * @param groups into how many groups channels are cut
 * @param outputPadding elements added after the end of each axis, at least 0
 */
public record TransposedConvolution(Window window, int groups, List<Integer> outputPadding) implements Layer {
    /** Checks groups and output padding. */
    public TransposedConvolution {
        outputPadding = List.copyOf(outputPadding);
        if (groups < 1) {
            throw new Conv4jException("groups should be at least 1, got " + groups);
        }
        if (outputPadding.size() != window.rank() || outputPadding.stream().anyMatch(p -> p < 0)) {
            throw new Conv4jException(
                    "outputPadding should be " + window.rank() + " numbers of at least 0, got " + outputPadding);
        }
    }

    /** Ungrouped and without output padding. */
    public TransposedConvolution(Window window) {
        this(window, 1, Collections.nCopies(window.rank(), 0));
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 3);
        Inputs.sameType(this, inputs);
        Inputs.floating(this, inputs.get(0));
        Shape src = Inputs.spatial(this, inputs.get(0), window.rank());
        Shape weights = Convolution.weights(this, inputs.get(1), window);
        if (src.extent(1) != weights.extent(0) || src.extent(1) % groups != 0) {
            throw failure(
                    this,
                    "src has " + src.extent(1) + " channels, weights " + weights + " in " + groups + " groups take "
                            + weights.extent(0));
        }
        long channels = (long) weights.extent(1) * groups;
        if (channels > Integer.MAX_VALUE) {
            throw failure(this, channels + " output channels are too many");
        }
        int outputs = (int) channels;
        if (inputs.size() == 3) {
            Inputs.perChannel(this, "bias", inputs.get(2), outputs);
        }
        return List.of(new TensorType(inputs.get(0).type(), window.transposedShape(src, outputs, outputPadding)));
    }
}
