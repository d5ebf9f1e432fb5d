package io.conv4j.cli;

import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.List;

/**
 * A rectangle turned about its centre.
 *
 * @param x centre, to the right
 * @param y centre, down
 * @param width along its first side, at least its height
 * @param height along the other
 * @param degrees how far its first side is turned clockwise from level, in (-90, 90]
 * @param score how sure it is, 0 to 1
 */
record TiltedBox(double x, double y, double width, double height, double degrees, double score) {
    private static final int SAMPLES = 40;

    /** The smallest around these points, which are a convex outline in order; one of its sides lies on the outline. */
    static TiltedBox around(List<double[]> outline, double score) {
        TiltedBox best = along(outline, 0, score);
        for (int i = 0; i < outline.size(); i++) {
            double[] from = outline.get(i);
            double[] to = outline.get((i + 1) % outline.size());
            TiltedBox box = along(outline, Math.atan2(to[1] - from[1], to[0] - from[0]), score);
            if (box.width * box.height < best.width * best.height) {
                best = box;
            }
        }
        return best;
    }

    private static TiltedBox along(List<double[]> points, double angle, double score) {
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        double minU = Double.POSITIVE_INFINITY;
        double maxU = Double.NEGATIVE_INFINITY;
        double minV = Double.POSITIVE_INFINITY;
        double maxV = Double.NEGATIVE_INFINITY;
        for (double[] point : points) {
            double u = point[0] * cos + point[1] * sin;
            double v = point[1] * cos - point[0] * sin;
            minU = Math.min(minU, u);
            maxU = Math.max(maxU, u);
            minV = Math.min(minV, v);
            maxV = Math.max(maxV, v);
        }
        double u = (minU + maxU) / 2;
        double v = (minV + maxV) / 2;
        return lying(u * cos - v * sin, u * sin + v * cos, maxU - minU, maxV - minV, Math.toDegrees(angle), score);
    }

    private static TiltedBox lying(double x, double y, double along, double across, double degrees, double score) {
        double turned = along >= across ? degrees : degrees + 90;
        double level = turned - 180 * Math.ceil(turned / 180 - 0.5);
        return new TiltedBox(x, y, Math.max(along, across), Math.min(along, across), level, score);
    }

    /** This box with every side moved outwards. */
    TiltedBox grown(double distance) {
        return new TiltedBox(x, y, width + 2 * distance, height + 2 * distance, degrees, score);
    }

    /** This box in a picture whose axes are stretched, by nearly the same. */
    TiltedBox scaled(double right, double down) {
        double both = Math.sqrt(right * down);
        return new TiltedBox(x * right, y * down, width * both, height * both, degrees, score);
    }

    /** Its outline. */
    Path2D outline() {
        double radians = Math.toRadians(degrees);
        double rightX = Math.cos(radians) * width / 2;
        double rightY = Math.sin(radians) * width / 2;
        double downX = -Math.sin(radians) * height / 2;
        double downY = Math.cos(radians) * height / 2;
        Path2D path = new Path2D.Double();
        path.moveTo(x - rightX - downX, y - rightY - downY);
        path.lineTo(x + rightX - downX, y + rightY - downY);
        path.lineTo(x + rightX + downX, y + rightY + downY);
        path.lineTo(x - rightX + downX, y - rightY + downY);
        path.closePath();
        return path;
    }

    /** The share of an upright rectangle that lies inside, 0 to 1, by sampling. */
    double covers(Rectangle2D rectangle) {
        Path2D outline = outline();
        int inside = 0;
        for (int i = 0; i < SAMPLES; i++) {
            for (int k = 0; k < SAMPLES; k++) {
                inside += outline.contains(
                                rectangle.getX() + (i + 0.5) / SAMPLES * rectangle.getWidth(),
                                rectangle.getY() + (k + 0.5) / SAMPLES * rectangle.getHeight())
                        ? 1
                        : 0;
            }
        }
        return inside / (double) (SAMPLES * SAMPLES);
    }
}
