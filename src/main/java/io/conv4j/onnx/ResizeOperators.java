package io.conv4j.onnx;

import io.conv4j.layer.Resize;
import io.conv4j.layer.Resize.Coordinates;
import io.conv4j.layer.Resize.Interpolation;
import io.conv4j.layer.Resize.Rounding;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Resize in its forms of opset 10, 11, 13, 18 and 19, and Upsample before it. */
final class ResizeOperators {
    private ResizeOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "Upsample" -> {
                forms.one(
                        1,
                        node -> legacy(
                                node,
                                List.of(1.0, 1.0, (double) node.attributes().real("height_scale", 1), (double)
                                        node.attributes().real("width_scale", 1))));
                forms.one(
                        7,
                        node -> legacy(
                                node,
                                node.attributes().reals("scales").stream()
                                        .map(Float::doubleValue)
                                        .toList()));
                forms.one(9, node -> legacy(node, reals(node.constant(1))));
            }
            case "Resize" -> {
                forms.one(10, node -> legacy(node, reals(node.constant(1))));
                forms.one(11, ResizeOperators::resize);
            }
            default -> {}
        }
    }

    private static List<Double> reals(Tensor tensor) {
        List<Double> numbers = new ArrayList<>();
        for (int i = 0; i < tensor.shape().elements(); i++) {
            numbers.add(tensor.get(i));
        }
        return numbers;
    }

    /** Positions are y/s, and nearest takes the element below. */
    private static Operand legacy(NodeContext node, List<Double> scales) {
        Shape src = node.input(0).shape();
        boolean nearest = node.attributes()
                .word("mode", "nearest", "nearest", "linear", "bilinear")
                .equals("nearest");
        return node.result(
                new Resize(
                        nearest ? Interpolation.NEAREST : Interpolation.LINEAR,
                        Coordinates.ASYMMETRIC,
                        Rounding.FLOOR,
                        scales,
                        extents(src, scales),
                        -0.75f,
                        false,
                        0,
                        List.of(),
                        List.of()),
                node.input(0));
    }

    private static List<Integer> extents(Shape src, List<Double> scales) {
        if (scales.size() != src.rank()) {
            throw new ModelFormatException("scales " + scales + " should be one per axis of " + src);
        }
        List<Integer> extents = new ArrayList<>();
        for (int axis = 0; axis < src.rank(); axis++) {
            double extent = Math.floor(src.extent(axis) * scales.get(axis));
            if (!(extent >= 0 && extent <= Integer.MAX_VALUE)) {
                throw new ModelFormatException("axis " + axis + " of " + src + " scaled by " + scales.get(axis));
            }
            extents.add((int) extent);
        }
        return extents;
    }

    private static Operand resize(NodeContext node) {
        Attributes attributes = node.attributes();
        Operand src = node.input(0);
        List<Integer> axes = axes(node, src.shape().rank());
        ResizeTarget target = ResizeTarget.of(node, src.shape(), axes);
        Coordinates coordinates = coordinates(attributes);
        boolean crop = coordinates == Coordinates.CROP_AND_RESIZE;
        List<Double> region = crop ? reals(node.constant(1)) : List.of();
        if (region.size() != (crop ? 2 * axes.size() : 0)) {
            throw new ModelFormatException("roi " + region + " should be two per axis of " + axes);
        }
        return node.result(
                new Resize(
                        interpolation(attributes),
                        coordinates,
                        rounding(attributes),
                        target.scales(),
                        target.extents(),
                        attributes.real("cubic_coeff_a", -0.75f),
                        attributes.flag("exclude_outside", false),
                        attributes.real("extrapolation_value", 0),
                        crop
                                ? spread(
                                        region.subList(0, axes.size()),
                                        axes,
                                        src.shape().rank(),
                                        0.0)
                                : List.of(),
                        crop
                                ? spread(
                                        region.subList(axes.size(), region.size()),
                                        axes,
                                        src.shape().rank(),
                                        1.0)
                                : List.of(),
                        attributes.flag("antialias", false)),
                src);
    }

    /** The axes that scales, sizes and roi speak of: all, or, since opset 18, those of an attribute. */
    private static List<Integer> axes(NodeContext node, int rank) {
        List<Long> written = node.attributes().integers("axes");
        List<Integer> axes = new ArrayList<>();
        for (int i = 0; i < (written.isEmpty() ? rank : written.size()); i++) {
            axes.add(written.isEmpty() ? i : NodeContext.axis(written.get(i), rank));
        }
        return axes;
    }

    static <T> List<T> spread(List<T> numbers, List<Integer> axes, int rank, T otherwise) {
        List<T> all = new ArrayList<>(Collections.nCopies(rank, otherwise));
        for (int i = 0; i < axes.size(); i++) {
            all.set(axes.get(i), numbers.get(i));
        }
        return all;
    }

    private static Interpolation interpolation(Attributes attributes) {
        return switch (attributes.word("mode", "nearest", "nearest", "linear", "cubic")) {
            case "linear" -> Interpolation.LINEAR;
            case "cubic" -> Interpolation.CUBIC;
            default -> Interpolation.NEAREST;
        };
    }

    private static Coordinates coordinates(Attributes attributes) {
        String word = attributes.text("coordinate_transformation_mode", "half_pixel");
        return Arrays.stream(Coordinates.values())
                .filter(c -> c.name().equalsIgnoreCase(word.equals("tf_crop_and_resize") ? "crop_and_resize" : word))
                .findFirst()
                .orElseThrow(() -> new UnsupportedNode("coordinate_transformation_mode '" + word + "'"));
    }

    private static Rounding rounding(Attributes attributes) {
        String word = attributes.text("nearest_mode", "round_prefer_floor");
        return Arrays.stream(Rounding.values())
                .filter(r -> r.name().equalsIgnoreCase(word))
                .findFirst()
                .orElseThrow(() -> new UnsupportedNode("nearest_mode '" + word + "'"));
    }
}
