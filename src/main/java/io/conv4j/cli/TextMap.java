package io.conv4j.cli;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * For each pixel how likely it is text, and the boxes in that: the connected pixels above a threshold, each patch's
 * smallest box, grown, as the network is trained on shrunken ones. After "Real-time Scene Text Detection with
 * Differentiable Binarization" (Liao et al., 2020), with PaddleOCR's constants.
 */
final class TextMap {
    private static final double THRESHOLD = 0.3;
    private static final double LEAST_SCORE = 0.6;
    private static final double LEAST_SIDE = 3;
    private static final double UNCLIP = 1.5;

    private final float[] likely;
    private final int height;
    private final int width;

    /** Takes height x width numbers from 0 to 1, row by row. */
    TextMap(float[] likely, int height, int width) {
        this.likely = likely;
        this.height = height;
        this.width = width;
    }

    /** The boxes of text, from top to bottom, in pixels of the map. */
    List<TiltedBox> boxes() {
        List<TiltedBox> boxes = new ArrayList<>();
        boolean[] seen = new boolean[likely.length];
        for (int start = 0; start < likely.length; start++) {
            if (likely[start] > THRESHOLD && !seen[start]) {
                TiltedBox box = box(patch(start, seen));
                if (box.score() >= LEAST_SCORE && box.height() >= LEAST_SIDE) {
                    boxes.add(box.grown(UNCLIP * box.width() * box.height() / (2 * (box.width() + box.height()))));
                }
            }
        }
        boxes.sort(Comparator.comparingDouble(TiltedBox::y));
        return boxes;
    }

    /** The pixels connected to this one, diagonally too. */
    private List<Integer> patch(int start, boolean[] seen) {
        List<Integer> patch = new ArrayList<>();
        Deque<Integer> open = new ArrayDeque<>(List.of(start));
        seen[start] = true;
        while (!open.isEmpty()) {
            int pixel = open.pop();
            patch.add(pixel);
            int x = pixel % width;
            int y = pixel / width;
            for (int ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
                for (int nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
                    int next = ny * width + nx;
                    if (likely[next] > THRESHOLD && !seen[next]) {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        return patch;
    }

    private TiltedBox box(List<Integer> patch) {
        double sum = 0;
        List<double[]> corners = new ArrayList<>();
        for (int pixel : patch) {
            sum += likely[pixel];
            int x = pixel % width;
            int y = pixel / width;
            for (int corner = 0; corner < 4; corner++) {
                corners.add(new double[] {x + (corner & 1), y + (corner >> 1)});
            }
        }
        return TiltedBox.around(hull(corners), sum / patch.size());
    }

    /** The convex hull, by Andrew's monotone chain. */
    static List<double[]> hull(List<double[]> points) {
        List<double[]> sorted = new ArrayList<>(points);
        sorted.sort(Comparator.<double[]>comparingDouble(p -> p[0]).thenComparingDouble(p -> p[1]));
        List<double[]> hull = new ArrayList<>();
        for (int pass = 0; pass < 2; pass++) {
            int fixed = hull.size();
            for (double[] point : sorted) {
                while (hull.size() >= fixed + 2 && !turnsLeft(hull, point)) {
                    hull.remove(hull.size() - 1);
                }
                hull.add(point);
            }
            hull.remove(hull.size() - 1);
            java.util.Collections.reverse(sorted);
        }
        return hull;
    }

    private static boolean turnsLeft(List<double[]> hull, double[] point) {
        double[] a = hull.get(hull.size() - 2);
        double[] b = hull.get(hull.size() - 1);
        return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) > 0;
    }
}
