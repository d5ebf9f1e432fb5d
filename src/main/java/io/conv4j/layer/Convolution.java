package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Convolution (cross-correlation, as in all frameworks): inputs src [N, Cin, spatial…], weights
 * [Cout, Cin/groups, kernel…] and, optionally, bias [Cout]; output [N, Cout, spatial…].
 *
 * <p>dst[n, o, y] = bias[o] + Σ over c and taps t of src[n, c, y·stride + t·dilation − padBefore] · weights[o, c, t];
 * src is 0 in the padding. With groups, output channels of a group see the input channels of that group only.
 *
 * <p>All inputs have one type: f32, bf16 or s32. Sums of s32 are exact as long as they stay below 2⁵³ and
 * saturate; 8-bit integers are to be widened, less their zero point.
 *
 * @param window kernel, stride, dilation and padding of each spatial axis
 * @param groups into how many groups channels are cut; Cin for a depthwise convolution
 */
public record Convolution(Window window, int groups) implements Layer {
    /** Checks the groups. */
    public Convolution {
        if (groups < 1) {
            throw new Conv4jException("groups should be at least 1, got " + groups);
        }
    }

    /** An ungrouped convolution. */
    public Convolution(Window window) {
        this(window, 1);
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 3);
        Inputs.sameType(this, inputs);
        Inputs.multiplied(this, inputs.get(0));
        Shape src = Inputs.spatial(this, inputs.get(0), window.rank());
        Shape weights = weights(this, inputs.get(1), window);
        int outputs = weights.extent(0);
        if (src.extent(1) != (long) weights.extent(1) * groups) {
            throw Inputs.failure(
                    this,
                    "src has " + src.extent(1) + " channels, weights " + weights + " in " + groups + " groups take "
                            + (long) weights.extent(1) * groups);
        }
        if (outputs % groups != 0) {
            throw Inputs.failure(this, outputs + " output channels do not divide into " + groups + " groups");
        }
        if (inputs.size() == 3) {
            Inputs.perChannel(this, "bias", inputs.get(2), outputs);
        }
        return List.of(new TensorType(inputs.get(0).type(), window.outputShape(src, outputs)));
    }

    /** Whether each input channel is convolved alone. */
    public boolean isDepthwise(Shape src) {
        return groups == src.extent(1) && groups > 1;
    }

    static Shape weights(Layer layer, TensorType weights, Window window) {
        Shape shape = Inputs.spatial(layer, weights, window.rank());
        for (int i = 0; i < window.rank(); i++) {
            if (shape.extent(i + 2) != window.axis(i).kernel()) {
                throw Inputs.failure(layer, "weights " + shape + " do not have the kernel of " + window);
            }
        }
        if (shape.elements() <= 0) {
            throw Inputs.failure(layer, "weights " + shape + " are empty");
        }
        return shape;
    }
}
