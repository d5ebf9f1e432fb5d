package io.conv4j.backend;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A convolution, transposed or not, and the shapes that it meets; prints so that it can be pasted into a test.
 *
 * @param layer a Convolution or a TransposedConvolution
 * @param outputs output channels
 */
public record ConvolutionCase(Layer layer, Shape src, int outputs, boolean bias) {
    /** Parameters that fit each other, small enough for seven loops. */
    public static ConvolutionCase random(Random random, boolean transposed) {
        int rank = 1 + random.nextInt(3);
        int groups = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1;
        int perGroup = 1 + random.nextInt(5);
        int outputs = groups * (1 + random.nextInt(5));
        List<Axis> axes = new ArrayList<>();
        List<Integer> outputPadding = new ArrayList<>();
        int[] extents = new int[rank + 2];
        extents[0] = 1 + random.nextInt(2);
        extents[1] = groups * perGroup;
        for (int i = 0; i < rank; i++) {
            int kernel = 1 + random.nextInt(5 - rank);
            int dilation = 1 + random.nextInt(3);
            int effective = dilation * (kernel - 1) + 1;
            int padBefore = random.nextInt(Math.min(effective, 5));
            int padAfter = random.nextInt(Math.min(effective, 5));
            int stride = 1 + random.nextInt(4);
            axes.add(new Axis(kernel, stride, dilation, padBefore, padAfter));
            outputPadding.add(random.nextInt(3));
            int cut = Math.max(0, padBefore + padAfter + 1 - effective);
            int least = transposed ? 1 + (cut + stride - 1) / stride : Math.max(1, effective - padBefore - padAfter);
            extents[i + 2] = least + random.nextInt(9 - 2 * rank);
        }
        Window window = new Window(axes);
        Layer layer =
                transposed ? new TransposedConvolution(window, groups, outputPadding) : new Convolution(window, groups);
        return new ConvolutionCase(layer, Shape.of(extents), outputs, random.nextBoolean());
    }

    /** Of the layer. */
    public Window window() {
        return layer instanceof Convolution convolution
                ? convolution.window()
                : ((TransposedConvolution) layer).window();
    }

    /** Of the layer. */
    public int groups() {
        return layer instanceof Convolution convolution
                ? convolution.groups()
                : ((TransposedConvolution) layer).groups();
    }

    /** Of the result. */
    public Shape shape() {
        Shape weights = weightsShape();
        return layer.infer(List.of(new TensorType(DataType.F32, src), new TensorType(DataType.F32, weights)))
                .get(0)
                .shape();
    }

    /** Of the weights. */
    public Shape weightsShape() {
        int[] weights = new int[src.rank()];
        int inputs = src.extent(1);
        weights[0] = layer instanceof Convolution ? outputs : inputs;
        weights[1] = (layer instanceof Convolution ? inputs : outputs) / groups();
        System.arraycopy(window().kernel(), 0, weights, 2, window().rank());
        return Shape.of(weights);
    }

    /** src, weights and perhaps bias, of whole numbers from −range to range. */
    public Tensor[] integers(Random random, int range) {
        List<Tensor> tensors = new ArrayList<>();
        tensors.add(integers(src, random, range));
        tensors.add(integers(weightsShape(), random, range));
        if (bias) {
            tensors.add(integers(Shape.of(outputs), random, range));
        }
        return tensors.toArray(Tensor[]::new);
    }

    /** Whole numbers from −range to range. */
    public static Tensor integers(Shape shape, Random random, int range) {
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.set(i, random.nextInt(2 * range + 1) - range);
        }
        return tensor;
    }

    /** The definition, one loop per index, each product added where the layer's documentation says. */
    public Tensor expected(Tensor... sources) {
        Shape shape = shape();
        Tensor dst = Tensor.zeros(DataType.F32, shape);
        double[] sums = new double[shape.elements()];
        int perPlane = spatial(shape);
        for (int i = 0; i < sums.length; i++) {
            sums[i] = bias ? sources[2].get(i / perPlane % outputs) : 0;
        }
        boolean transposed = layer instanceof TransposedConvolution;
        int inputs = src.extent(1) / groups();
        // What moves is the input of a transposed convolution and the output of an ordinary one.
        Shape moving = transposed ? src : shape;
        Shape still = transposed ? shape : src;
        for (int n = 0; n < src.extent(0); n++) {
            for (int o = 0; o < outputs; o++) {
                for (int c = 0; c < inputs; c++) {
                    int group = o / (outputs / groups());
                    int channel = group * inputs + c;
                    int filter =
                            transposed ? channel * (outputs / groups()) + o % (outputs / groups()) : o * inputs + c;
                    for (int position = 0; position < spatial(moving); position++) {
                        for (int tap = 0; tap < window().taps(); tap++) {
                            int other = meets(moving, still, position, tap);
                            if (other >= 0) {
                                int in = (n * src.extent(1) + channel) * spatial(src) + (transposed ? position : other);
                                int out = (n * outputs + o) * perPlane + (transposed ? other : position);
                                sums[out] += sources[0].get(in) * sources[1].get(filter * window().taps() + tap);
                            }
                        }
                    }
                }
            }
        }
        for (int i = 0; i < sums.length; i++) {
            dst.set(i, sums[i]);
        }
        return dst;
    }

    /** The element that a tap of the window at a position falls on; −1 beside the tensor. */
    private int meets(Shape moving, Shape still, int position, int tap) {
        int index = 0;
        int stride = 1;
        int restPosition = position;
        int restTap = tap;
        for (int i = window().rank() - 1; i >= 0; i--) {
            Axis axis = window().axis(i);
            int at = restPosition % moving.extent(i + 2) * axis.stride()
                    + restTap % axis.kernel() * axis.dilation()
                    - axis.padBefore();
            if (at < 0 || at >= still.extent(i + 2)) {
                return -1;
            }
            index += at * stride;
            stride *= still.extent(i + 2);
            restPosition /= moving.extent(i + 2);
            restTap /= axis.kernel();
        }
        return index;
    }

    private static int spatial(Shape shape) {
        int elements = 1;
        for (int axis = 2; axis < shape.rank(); axis++) {
            elements *= shape.extent(axis);
        }
        return elements;
    }
}
