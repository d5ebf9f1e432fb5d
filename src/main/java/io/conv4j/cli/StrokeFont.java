package io.conv4j.cli;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.util.Map;

/**
 * Capital letters and digits drawn as lines, four units wide and six high. Java draws text only with fonts that are
 * installed, and servers and containers often have none.
 */
final class StrokeFont {
    static final int WIDTH = 4;
    static final int HEIGHT = 6;
    private static final double ADVANCE = 5.6;
    private static final double THICKNESS = 0.85;

    /** Lines apart by spaces; each a row of points, two digits a point: x to the right, y down. */
    private static final Map<Character, String> GLYPHS = Map.ofEntries(
            Map.entry('A', "062046 1434"),
            Map.entry('B', "06003041423303 3344453606"),
            Map.entry('C', "4130100105163645"),
            Map.entry('D', "00062644422000"),
            Map.entry('E', "40000646 0333"),
            Map.entry('F', "400006 0333"),
            Map.entry('G', "41301001051636454323"),
            Map.entry('H', "0006 4046 0343"),
            Map.entry('I', "1030 2026 1636"),
            Map.entry('J', "4045361605"),
            Map.entry('K', "0006 400346"),
            Map.entry('L', "000646"),
            Map.entry('M', "0600234046"),
            Map.entry('N', "06004640"),
            Map.entry('O', "100105163645413010"),
            Map.entry('P', "06003041423303"),
            Map.entry('Q', "100105163645413010 2446"),
            Map.entry('R', "06003041423303 2346"),
            Map.entry('S', "413010010213334445361605"),
            Map.entry('T', "0040 2026"),
            Map.entry('U', "000516364540"),
            Map.entry('V', "002640"),
            Map.entry('W', "0016233640"),
            Map.entry('X', "0046 4006"),
            Map.entry('Y', "002340 2326"),
            Map.entry('Z', "00400646"),
            Map.entry('0', "100105163645413010"),
            Map.entry('1', "112026 1636"),
            Map.entry('2', "01103041420646"),
            Map.entry('3', "004022324345361605"),
            Map.entry('4', "36300444"),
            Map.entry('5', "400002324345361605"),
            Map.entry('6', "413010010516364544331304"),
            Map.entry('7', "004016"),
            Map.entry('8', "100102133344453616050413 3342413010"),
            Map.entry('9', "051636454130100102133342"));

    private StrokeFont() {}

    /** Draws a word in the current colour; what has no glyph stays blank. */
    static void draw(Graphics2D graphics, String word, double left, double top, double height) {
        double unit = height / HEIGHT;
        Path2D path = new Path2D.Double();
        for (int i = 0; i < word.length(); i++) {
            String glyph = GLYPHS.getOrDefault(word.charAt(i), "");
            append(path, glyph, left + i * ADVANCE * unit, top, unit);
        }
        graphics.setStroke(new BasicStroke((float) (THICKNESS * unit), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(path);
    }

    private static void append(Path2D path, String glyph, double left, double top, double unit) {
        for (String line : glyph.split(" ", -1)) {
            for (int k = 0; k + 1 < line.length(); k += 2) {
                double x = left + (line.charAt(k) - '0') * unit;
                double y = top + (line.charAt(k + 1) - '0') * unit;
                if (k == 0) {
                    path.moveTo(x, y);
                } else {
                    path.lineTo(x, y);
                }
            }
        }
    }

    /** How wide a word of this height is. */
    static double width(String word, double height) {
        return ((word.length() - 1) * ADVANCE + WIDTH) * height / HEIGHT;
    }
}
