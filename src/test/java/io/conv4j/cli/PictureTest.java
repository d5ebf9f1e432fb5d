package io.conv4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures off files that may be anything. */
class PictureTest {
    private final Path folder;

    PictureTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void whatIsWrittenComesBack() throws IOException {
        BufferedImage back = Picture.read(written());
        assertThat(back.getWidth()).isEqualTo(40);
        assertThat(back.getRGB(3, 2) & 0xffffff).isEqualTo(0x123456);
    }

    @Test
    void whatIsTransparentBecomesWhite() throws IOException {
        Path file = folder.resolve("clear.png");
        Picture.write(file, new BufferedImage(2, 2, BufferedImage.TYPE_INT_ARGB));
        assertThat(Picture.read(file).getRGB(1, 1) & 0xffffff).isEqualTo(0xffffff);
    }

    @Test
    void refusesWhatIsNone() throws IOException {
        Path text = Files.writeString(folder.resolve("text.png"), "not a picture");
        assertThatThrownBy(() -> Picture.read(text))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("text.png is no picture");
        assertThatThrownBy(() -> Picture.read(folder)).hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Picture.read(folder.resolve("absent.png"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void refusesEveryCutWithoutHarm() throws IOException {
        byte[] whole = Files.readAllBytes(written());
        Path cut = folder.resolve("cut.png");
        for (int length = 0; length < whole.length / 2; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Picture.read(cut)).as("%d bytes", length).isInstanceOf(Conv4jException.class);
        }
    }

    @Test
    void refusesSizesThatWouldNotFitBeforeDecoding() throws IOException {
        byte[] bytes = Files.readAllBytes(written());
        ByteBuffer.wrap(bytes).putInt(16, 60_000).putInt(20, 60_000);
        CRC32 crc = new CRC32();
        crc.update(bytes, 12, 17);
        ByteBuffer.wrap(bytes).putInt(29, (int) crc.getValue());
        assertThat(new String(bytes, 12, 4, StandardCharsets.US_ASCII)).isEqualTo("IHDR");
        Path huge = Files.write(folder.resolve("huge.png"), bytes);
        assertThatThrownBy(() -> Picture.read(huge)).hasMessageContaining("has 60000x60000 pixels");
    }

    private Path written() {
        BufferedImage picture = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(3, 2, 0x123456);
        Path file = folder.resolve("picture.png");
        Picture.write(file, picture);
        return file;
    }
}
