package io.conv4j.cli;

import java.awt.image.BufferedImage;

/**
 * Pictures of another size: a triangle filter as wide as the step between the pixels it reads, so that nothing is skipped
 * when a picture shrinks; bilinear where it grows. Pixel centres at halves. As Pillow's BILINEAR.
 */
final class Resampling {
    private Resampling() {}

    /** The picture's channels R, G, B, one after the other, each height x width, 0 to 255, not rounded. */
    static float[] planes(BufferedImage picture, int height, int width) {
        int sourceHeight = picture.getHeight();
        int sourceWidth = picture.getWidth();
        Taps across = Taps.of(sourceWidth, width);
        Taps down = Taps.of(sourceHeight, height);
        float[] planes = new float[3 * height * width];
        for (int channel = 0; channel < 3; channel++) {
            float[] narrow = new float[sourceHeight * width];
            for (int y = 0; y < sourceHeight; y++) {
                int[] row = picture.getRGB(0, y, sourceWidth, 1, null, 0, sourceWidth);
                for (int x = 0; x < width; x++) {
                    double sum = 0;
                    for (int k = across.first[x]; k < across.end(x); k++) {
                        sum += across.weight(x, k) * (row[k] >> 16 - 8 * channel & 0xff);
                    }
                    narrow[y * width + x] = (float) sum;
                }
            }
            shrinkDown(narrow, down, width, planes, channel * height * width);
        }
        return planes;
    }

    private static void shrinkDown(float[] from, Taps down, int width, float[] into, int offset) {
        for (int y = 0; y < down.first.length; y++) {
            for (int x = 0; x < width; x++) {
                double sum = 0;
                for (int k = down.first[y]; k < down.end(y); k++) {
                    sum += down.weight(y, k) * from[k * width + x];
                }
                into[offset + y * width + x] = (float) sum;
            }
        }
    }

    /** For each pixel made, the first pixel read and the weights from there on; they add up to 1. */
    private static final class Taps {
        final int[] first;
        final double[][] weights;

        private Taps(int[] first, double[][] weights) {
            this.first = first;
            this.weights = weights;
        }

        static Taps of(int from, int to) {
            double step = (double) from / to;
            double reach = Math.max(1, step);
            int[] first = new int[to];
            double[][] weights = new double[to][];
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * step;
                first[i] = (int) Math.max(0, Math.floor(centre - reach + 0.5));
                int end = (int) Math.min(from, Math.floor(centre + reach + 0.5));
                weights[i] = new double[end - first[i]];
                double sum = 0;
                for (int k = first[i]; k < end; k++) {
                    double weight = Math.max(0, 1 - Math.abs(k + 0.5 - centre) / reach);
                    weights[i][k - first[i]] = weight;
                    sum += weight;
                }
                for (int k = 0; k < weights[i].length; k++) {
                    weights[i][k] /= sum;
                }
            }
            return new Taps(first, weights);
        }

        int end(int i) {
            return first[i] + weights[i].length;
        }

        double weight(int i, int k) {
            return weights[i][k - first[i]];
        }
    }
}
