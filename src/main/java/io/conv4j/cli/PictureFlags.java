package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.runtime.TensorInfo;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a picture becomes a tensor. */
final class PictureFlags {
    /** Where the channels of a picture are. */
    enum Layout {
        /** Before height and width, ONNX's own. */
        NCHW,
        /** Last, as TensorFlow has it. */
        NHWC
    }

    private static final double[] LUMINANCE = {0.299, 0.587, 0.114};

    @Option(
            names = "--size",
            paramLabel = "HxW",
            converter = ShapeConverter.class,
            description = "Size a picture is brought to. Default: what the model fixes, else the picture's own.")
    private @Nullable Shape size;

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "M",
            description = "Taken off each channel of a picture, whose pixels are RGB from 0 to 1; one number or three."
                    + " Default: 0.")
    private float[] mean = {0};

    @Option(
            names = "--std",
            split = ",",
            paramLabel = "S",
            description = "What each channel is divided by then. Default: 1.")
    private float[] std = {1};

    @Option(
            names = "--layout",
            defaultValue = "nchw",
            paramLabel = "LAYOUT",
            description = "Where the model has a picture's channels: nchw (default) or nhwc.")
    private Layout layout = Layout.NCHW;

    /** What is wrong with the options by themselves; empty if nothing. */
    String complaint() {
        if (size != null && (size.rank() != 2 || size.elements() == 0)) {
            return "--size should be as 224x224, got " + size;
        }
        if (notForChannels(mean) || notForChannels(std)) {
            return "--mean and --std take one number or three, as 0.485,0.456,0.406; got " + mean.length + " and "
                    + std.length;
        }
        for (float divisor : std) {
            if (divisor == 0 || !Float.isFinite(divisor)) {
                return "--std should be finite and not 0, got " + divisor;
            }
        }
        return "";
    }

    private static boolean notForChannels(float[] values) {
        return values.length != 1 && values.length != 3;
    }

    /**
     * Reads a picture as the input of a model: RGB or, where the model has one channel, luminance. u8 inputs get the
     * pixels from 0 to 255 as they are.
     */
    Tensor read(Path file, TensorInfo input) throws IOException {
        if (input.dims().size() != 4) {
            throw new Conv4jException(
                    "input " + input + " takes no picture, which has 4 axes: give " + file + " as .npy");
        }
        BufferedImage picture = Picture.read(file);
        boolean first = layout == Layout.NCHW;
        int height = extent(input, first ? 2 : 1, size == null ? -1 : size.extent(0), picture.getHeight());
        int width = extent(input, first ? 3 : 2, size == null ? -1 : size.extent(1), picture.getWidth());
        int channels = extent(input, first ? 1 : 3, -1, 3);
        if (channels != 1 && channels != 3) {
            throw new Conv4jException("input " + input + " has " + channels + " channels in layout "
                    + layout.name().toLowerCase(Locale.ROOT) + ", a picture has 1 or 3: see --layout, or give .npy");
        }
        Shape shape = first ? Shape.of(1, channels, height, width) : Shape.of(1, height, width, channels);
        Tensor tensor = Tensor.zeros(input.type(), shape);
        fill(tensor, Resampling.planes(picture, height, width), channels);
        return tensor;
    }

    /** What is asked for, or what the model fixes, or what the picture has. */
    private static int extent(TensorInfo input, int axis, int asked, int own) {
        String dim = input.dims().get(axis);
        boolean fixed = dim.chars().allMatch(Character::isDigit) && !dim.isEmpty();
        return asked > 0 ? asked : fixed ? Integer.parseInt(dim) : own;
    }

    private void fill(Tensor tensor, float[] planes, int channels) {
        int pixels = planes.length / 3;
        boolean raw = tensor.dataType() == DataType.U8;
        for (int channel = 0; channel < channels; channel++) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                double value = channels == 3 ? planes[channel * pixels + pixel] : luminance(planes, pixel);
                int index = layout == Layout.NCHW ? channel * pixels + pixel : pixel * channels + channel;
                tensor.set(index, raw ? value : (value / 255 - at(mean, channel)) / at(std, channel));
            }
        }
    }

    private static double luminance(float[] planes, int pixel) {
        int pixels = planes.length / 3;
        double sum = 0;
        for (int channel = 0; channel < 3; channel++) {
            sum += LUMINANCE[channel] * planes[channel * pixels + pixel];
        }
        return sum;
    }

    private static float at(float[] values, int channel) {
        return values[Math.min(channel, values.length - 1)];
    }
}
