package io.conv4j.cli;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A picture of our own for the demo, with words at known places: plates on a pole at a road. */
final class StreetSign {
    static final int WIDTH = 640;
    static final int HEIGHT = 448;
    private static final double POLE = 320;

    /** One plate: its words, where it is, how it is turned. */
    private record Plate(List<String> words, double centreY, double letters, double degrees, Color colour) {}

    private static final List<Plate> PLATES = List.of(
            new Plate(List.of("HARBOUR"), 80, 44, 0, new Color(0x1f4e9c)),
            new Plate(List.of("OLD", "TOWN"), 178, 38, -4, new Color(0x1d6b3a)),
            new Plate(List.of("MUSEUM"), 272, 34, 3, new Color(0x6b3a1d)));

    private final BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    private final Map<String, Rectangle2D> words = new LinkedHashMap<>();

    private StreetSign() {
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        drawPlace(graphics);
        for (Plate plate : PLATES) {
            drawPlate(graphics, plate);
        }
        graphics.dispose();
    }

    static StreetSign draw() {
        return new StreetSign();
    }

    BufferedImage picture() {
        return picture;
    }

    /** The words with the upright rectangles they lie in. */
    Map<String, Rectangle2D> words() {
        return words;
    }

    private static void drawPlace(Graphics2D graphics) {
        graphics.setPaint(new GradientPaint(0, 0, new Color(0x8fb8de), 0, 330, new Color(0xe6eef5)));
        graphics.fillRect(0, 0, WIDTH, 360);
        graphics.setPaint(new Color(0x93a88b));
        graphics.fillOval(-120, 270, 420, 200);
        graphics.setPaint(new Color(0x7f9877));
        graphics.fillOval(330, 285, 480, 200);
        graphics.setPaint(new GradientPaint(0, 350, new Color(0x7c7c7a), 0, HEIGHT, new Color(0x55555a)));
        graphics.fillRect(0, 360, WIDTH, HEIGHT - 360);
        graphics.setPaint(new GradientPaint(312, 0, new Color(0xb8bcc0), 330, 0, new Color(0x60656a)));
        graphics.fill(new Rectangle2D.Double(POLE - 8, 26, 16, 390));
    }

    private void drawPlate(Graphics2D graphics, Plate plate) {
        double gap = plate.letters * 1.1;
        double width = -gap;
        for (String word : plate.words) {
            width += StrokeFont.width(word, plate.letters) + gap;
        }
        double margin = plate.letters * 0.5;
        AffineTransform upright = graphics.getTransform();
        graphics.rotate(Math.toRadians(plate.degrees), POLE, plate.centreY);
        double left = POLE - width / 2;
        double top = plate.centreY - plate.letters / 2;
        graphics.setPaint(plate.colour);
        graphics.fill(new RoundRectangle2D.Double(
                left - margin, top - margin, width + 2 * margin, plate.letters + 2 * margin, 16, 16));
        graphics.setPaint(Color.WHITE);
        for (String word : plate.words) {
            double wide = StrokeFont.width(word, plate.letters);
            StrokeFont.draw(graphics, word, left, top, plate.letters);
            words.put(word, turned(new Rectangle2D.Double(left, top, wide, plate.letters), plate));
            left += wide + gap;
        }
        graphics.setTransform(upright);
    }

    private static Rectangle2D turned(Rectangle2D rectangle, Plate plate) {
        AffineTransform turn = AffineTransform.getRotateInstance(Math.toRadians(plate.degrees), POLE, plate.centreY);
        return turn.createTransformedShape(rectangle).getBounds2D();
    }

    /** The words that no box covers without covering much else. */
    List<String> missing(List<TiltedBox> boxes) {
        List<String> missing = new ArrayList<>();
        words.forEach((word, rectangle) -> {
            if (boxes.stream().noneMatch(box -> finds(box, rectangle))) {
                missing.add(word);
            }
        });
        return missing;
    }

    private boolean finds(TiltedBox box, Rectangle2D wanted) {
        double inside = 0;
        for (Rectangle2D word : words.values()) {
            if (box.covers(word) > 0.5) {
                inside += word.getWidth() * word.getHeight();
            }
        }
        return box.covers(wanted) > 0.75 && box.width() * box.height() < 3 * inside;
    }
}
