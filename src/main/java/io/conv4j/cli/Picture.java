package io.conv4j.cli;

import io.conv4j.Conv4jException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Pictures as files: PNG, JPEG and what else ImageIO reads. */
final class Picture {
    /** Some 400 MB once decoded; larger ones are refused before anything is decoded. */
    private static final long MOST_PIXELS = 100_000_000;

    private Picture() {}

    /**
     * Reads a picture as RGB; what is transparent becomes white.
     *
     * @throws Conv4jException if the file is no picture, is damaged or too large; the message names it
     * @throws IOException if it cannot be read
     */
    static BufferedImage read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new Conv4jException(file + " is a folder, not a picture");
        }
        Files.newInputStream(file).close();
        try (ImageInputStream stream = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                throw new Conv4jException(file + " is no picture: PNG, JPEG, BMP and GIF are read");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, true, true);
                return rgb(decode(reader, file));
            } finally {
                reader.dispose();
            }
        }
    }

    private static BufferedImage decode(ImageReader reader, Path file) {
        try {
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > MOST_PIXELS) {
                throw new Conv4jException(file + " has " + reader.getWidth(0) + "x" + reader.getHeight(0)
                        + " pixels; at most " + MOST_PIXELS + " are read");
            }
            return reader.read(0);
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | IllegalStateException e) {
            // The JDK's readers throw all of these at damaged files.
            throw new Conv4jException(file + " is a damaged picture: " + e.getMessage(), e);
        }
    }

    private static BufferedImage rgb(BufferedImage decoded) {
        BufferedImage rgb = new BufferedImage(decoded.getWidth(), decoded.getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = rgb.createGraphics();
        graphics.drawImage(decoded, 0, 0, Color.WHITE, null);
        graphics.dispose();
        return rgb;
    }

    /** Writes a PNG. */
    static void write(Path file, BufferedImage picture) {
        WholeFile.write(file, stream -> {
            if (!ImageIO.write(picture, "png", stream)) {
                throw new IOException("this Java cannot write PNG");
            }
        });
    }
}
