package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution whose taps read between elements, each moved by an offset of its own (ONNX DeformConv; Dai et al. 2017,
 * <i>Deformable convolutional networks</i>; the mask: Zhu et al. 2018, <i>Deformable ConvNets v2</i>). Inputs, all of one
 * floating type, with T taps and A spatial axes:
 *
 * <ol>
 *   <li>src [N, Cin, spatial…]
 *   <li>weights [Cout, Cin/groups, kernel…]
 *   <li>offset [N, offsetGroups·T·A, output spatial…]: for each tap, in row-major order, how far it is moved along each axis,
 *       outermost first
 *   <li>mask [N, offsetGroups·T, output spatial…], what each tap's element is multiplied by; only if {@code masked}
 *   <li>bias [Cout], which may be left out
 * </ol>
 *
 * <p>dst [N, Cout, output spatial…] is bias[o] + Σ over c and taps t of weights[o, c, t] · mask[n, g, t, y] ·
 * src[n, c, y·stride + t·dilation − padBefore + offset[n, g, t, y]], where g is the offset group of c, and src is
 * interpolated linearly along each axis with zeros around it.
 *
 * @param window kernel, stride, dilation and padding of each spatial axis
 * @param groups into how many groups channels are cut, as in {@link Convolution}
 * @param offsetGroups into how many groups input channels are cut that are read at the same places
 * @param masked whether there is a mask
 */
public record DeformableConvolution(Window window, int groups, int offsetGroups, boolean masked) implements Layer {
    /** Checks the groups. */
    public DeformableConvolution {
        if (groups < 1 || offsetGroups < 1) {
            throw new Conv4jException(
                    "groups and offsetGroups should be at least 1, got " + groups + " and " + offsetGroups);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        int least = masked ? 4 : 3;
        Inputs.count(this, inputs, least, least + 1);
        Inputs.sameType(this, inputs);
        Inputs.floating(this, inputs.get(0));
        List<TensorType> plain = new ArrayList<>(inputs.subList(0, 2));
        plain.addAll(inputs.subList(least, inputs.size()));
        TensorType dst;
        try {
            dst = new Convolution(window, groups).infer(plain).get(0);
        } catch (Conv4jException e) {
            throw new Conv4jException(word() + ", but for its offsets: " + e.getMessage(), e);
        }
        int channels = inputs.get(0).shape().extent(1);
        if (channels % offsetGroups != 0) {
            throw failure(this, channels + " input channels do not divide into " + offsetGroups + " offset groups");
        }
        perOutput("offset", inputs.get(2), dst, window.rank());
        if (masked) {
            perOutput("mask", inputs.get(3), dst, 1);
        }
        return List.of(dst);
    }

    private void perOutput(String name, TensorType input, TensorType dst, int eachTap) {
        long channels = (long) offsetGroups * window.taps() * eachTap;
        boolean fits = input.shape().rank() == dst.shape().rank()
                && input.shape().extent(1) == channels
                && input.shape().with(1, 1).equals(dst.shape().with(1, 1));
        if (!fits) {
            throw failure(
                    this,
                    name + " " + input.shape() + " should have " + channels + " channels and be as dst, " + dst.shape()
                            + ", else");
        }
    }
}
