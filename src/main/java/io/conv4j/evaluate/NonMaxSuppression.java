package io.conv4j.evaluate;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Of boxes that overlap, keeps the one with the highest score, as detectors do at their end (ONNX NonMaxSuppression). How
 * many are kept depends on the numbers and not on shapes alone: this is therefore no layer of a graph, but a function to
 * call on what a session has computed. Immutable and safe from any thread; tensors are not modified.
 *
 * @param mostPerClass how many boxes are kept of each class in each image, at most; none if it is not positive
 * @param overlap boxes are dropped whose intersection with one that is kept is more than this share of their union
 * @param leastScore only boxes with a higher score are looked at; {@link Double#NEGATIVE_INFINITY} for all
 *     that are finite
 * @param centers whether boxes are [x centre, y centre, width, height]; else [y₁, x₁, y₂, x₂], any two opposite corners
 */
public record NonMaxSuppression(long mostPerClass, double overlap, double leastScore, boolean centers) {
    private record Box(double top, double left, double bottom, double right) {
        double area() {
            return (bottom - top) * (right - left);
        }
    }

    /**
     * The boxes kept, as s64 [kept, 3]: image, class and box; by image, then by class, then the best first. Of equal scores
     * the box that comes first is taken first; a score that is not a number is never taken, and boxes without an area
     * overlap with nothing.
     *
     * @param boxes f32 or bf16 [images, boxes, 4]
     * @param scores f32 or bf16 [images, classes, boxes]
     * @throws Conv4jException if the shapes do not go together
     */
    public Tensor select(Tensor boxes, Tensor scores) {
        check(boxes, scores);
        int images = scores.shape().extent(0);
        int classes = scores.shape().extent(1);
        List<long[]> kept = new ArrayList<>();
        for (int image = 0; image < images; image++) {
            Box[] all = boxes(boxes, image);
            for (int category = 0; category < classes; category++) {
                int first = (image * classes + category) * all.length;
                for (int box : select(all, scores, first)) {
                    kept.add(new long[] {image, category, box});
                }
            }
        }
        long[] numbers = kept.stream().flatMapToLong(Arrays::stream).toArray();
        return Tensor.ofLongs(Shape.of(kept.size(), 3), numbers);
    }

    private void check(Tensor boxes, Tensor scores) {
        Shape box = boxes.shape();
        Shape score = scores.shape();
        boolean fit = box.rank() == 3
                && score.rank() == 3
                && box.extent(2) == 4
                && box.extent(0) == score.extent(0)
                && box.extent(1) == score.extent(2)
                && boxes.dataType().floating()
                && scores.dataType().floating();
        if (!fit) {
            throw new Conv4jException("NonMaxSuppression takes boxes [images, boxes, 4] and scores [images, classes,"
                    + " boxes] of f32 or bf16, got " + boxes.type() + " and " + scores.type());
        }
    }

    /** How many pairs of boxes {@link #select} compares at most, for scores of this shape. */
    public double comparisons(Shape scores) {
        int boxes = scores.rank() == 0 ? 0 : scores.extent(-1);
        return (double) scores.elements() * Math.max(0, Math.min(mostPerClass, boxes));
    }

    private Box[] boxes(Tensor boxes, int image) {
        Box[] all = new Box[boxes.shape().extent(1)];
        for (int i = 0; i < all.length; i++) {
            int at = (image * all.length + i) * 4;
            double a = boxes.get(at);
            double b = boxes.get(at + 1);
            double c = boxes.get(at + 2);
            double d = boxes.get(at + 3);
            all[i] = centers
                    ? new Box(b - d / 2, a - c / 2, b + d / 2, a + c / 2)
                    : new Box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d));
        }
        return all;
    }

    private List<Integer> select(Box[] boxes, Tensor scores, int first) {
        List<Integer> candidates = IntStream.range(0, boxes.length)
                .filter(box -> scores.get(first + box) > leastScore)
                .boxed()
                .sorted((one, other) -> Double.compare(scores.get(first + other) + 0.0, scores.get(first + one) + 0.0))
                .toList();
        List<Integer> kept = new ArrayList<>();
        for (int candidate : candidates) {
            if (kept.size() >= mostPerClass) {
                break;
            }
            if (kept.stream().noneMatch(box -> overlap(boxes[box], boxes[candidate]) > overlap)) {
                kept.add(candidate);
            }
        }
        return kept;
    }

    /** Intersection over union; 0 where one has no area. */
    private static double overlap(Box a, Box b) {
        double height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        double width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        double intersection = Math.max(0, height) * Math.max(0, width);
        return a.area() > 0 && b.area() > 0 ? intersection / (a.area() + b.area() - intersection) : 0;
    }
}
