package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Resizing against values worked out by hand. */
class ResamplingTest {
    private static final Offset<Float> EXACT = within(1e-4f);

    @Test
    void theSameSizeChangesNothing() {
        float[] planes = Resampling.planes(row(10, 20, 30), 1, 3);
        assertThat(planes).containsExactly(new float[] {10, 20, 30, 10, 20, 30, 10, 20, 30}, EXACT);
    }

    @Test
    void growingInterpolatesAtPixelCentres() {
        // Centres at 0.25, 0.75, 1.25, 1.75 of two pixels with centres at 0.5 and 1.5.
        assertThat(red(Resampling.planes(row(0, 100), 1, 4), 4)).containsExactly(new float[] {0, 25, 75, 100}, EXACT);
    }

    @Test
    void shrinkingWeighsEveryPixel() {
        // Triangles of reach 2 around 1 and 3: weights 3, 3, 1 of 7 and 1, 3, 3 of 7.
        float[] shrunk = red(Resampling.planes(row(0, 0, 0, 70), 1, 2), 2);
        assertThat(shrunk).containsExactly(new float[] {0, 30}, EXACT);
    }

    @Test
    void channelsComeOneAfterTheOther() {
        BufferedImage picture = new BufferedImage(1, 2, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(0, 0, 0x010203);
        picture.setRGB(0, 1, 0x040506);
        assertThat(Resampling.planes(picture, 2, 1)).containsExactly(new float[] {1, 4, 2, 5, 3, 6}, EXACT);
    }

    private static BufferedImage row(int... grey) {
        BufferedImage picture = new BufferedImage(grey.length, 1, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < grey.length; x++) {
            picture.setRGB(x, 0, grey[x] * 0x010101);
        }
        return picture;
    }

    private static float[] red(float[] planes, int pixels) {
        return java.util.Arrays.copyOf(planes, pixels);
    }
}
