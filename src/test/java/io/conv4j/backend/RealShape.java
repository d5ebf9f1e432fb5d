package io.conv4j.backend;

import io.conv4j.golden.TestData;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A convolution of a real network, from oneDNN's own collection of problem shapes.
 *
 * @param id the collection's key for it
 * @param name network and layer, where known
 * @param whole with all images of the collection's batch
 * @param products of the whole batch
 */
public record RealShape(String id, String name, ConvolutionCase whole, long products) {
    private static final String[] SPATIAL = {"d", "h", "w"};

    /** All of them: 992 convolutions and 156 transposed ones. */
    public static List<RealShape> all() throws IOException {
        List<RealShape> shapes = new ArrayList<>(read("shapes/conv.csv"));
        shapes.addAll(read("shapes/deconv.csv"));
        return shapes;
    }

    private static List<RealShape> read(String file) throws IOException {
        List<String> lines = Files.readAllLines(TestData.require("the shapes of real networks", file));
        String[] names = lines.get(0).split(",", -1);
        List<RealShape> shapes = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.split(",", -1);
            Map<String, String> fields = new HashMap<>();
            for (int i = 0; i < names.length; i++) {
                fields.put(names[i], values[i]);
            }
            shapes.add(of(fields));
        }
        return shapes;
    }

    private static RealShape of(Map<String, String> fields) {
        boolean transposed = "deconv".equals(fields.get("kind"));
        int rank = number(fields, "dims");
        int[] src = new int[rank + 2];
        src[0] = number(fields, "mb");
        src[1] = number(fields, "ic");
        List<Axis> axes = new ArrayList<>();
        List<Integer> outputPadding = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            String letter = SPATIAL[3 - rank + i];
            int before = number(fields, "p" + letter);
            int after = number(fields, "p" + letter + "_r");
            Axis axis = new Axis(
                    number(fields, "k" + letter),
                    number(fields, "s" + letter),
                    number(fields, "d" + letter) + 1,
                    before,
                    Math.max(0, after));
            axes.add(axis);
            outputPadding.add(Math.max(0, -after));
            int extent = number(fields, "i" + letter);
            // What a negative padding leaves unused beyond what the stride does is left out of src.
            int unused = !transposed && axis.outputExtent(extent) != number(fields, "o" + letter) ? -after : 0;
            src[i + 2] = extent - unused;
        }
        Window window = new Window(axes);
        int groups = number(fields, "g");
        ConvolutionCase whole = new ConvolutionCase(
                transposed ? new TransposedConvolution(window, groups, outputPadding) : new Convolution(window, groups),
                Shape.of(src),
                number(fields, "oc"),
                true);
        RealShape shape = new RealShape(
                text(fields, "shape_id"), text(fields, "name"), whole, Long.parseLong(fields.get("macs")));
        shape.requireDst(fields, rank);
        return shape;
    }

    private void requireDst(Map<String, String> fields, int rank) {
        for (int i = 0; i < rank; i++) {
            int wanted = number(fields, "o" + SPATIAL[3 - rank + i]);
            if (whole.shape().extent(i + 2) != wanted) {
                throw new IllegalStateException(this + " gives " + whole.shape() + ", the collection says " + wanted
                        + " for axis " + SPATIAL[3 - rank + i]);
            }
        }
    }

    private static int number(Map<String, String> fields, String name) {
        return Integer.parseInt(text(fields, name));
    }

    private static String text(Map<String, String> fields, String name) {
        return Objects.requireNonNull(fields.get(name), name);
    }

    /** With fewer images, so that there are at most this many products, but at least one image. */
    public ConvolutionCase within(long most) {
        int[] src = whole.src().extents();
        long perImage = Math.max(1, products / src[0]);
        src[0] = (int) Math.max(1, Math.min(src[0], most / perImage));
        return new ConvolutionCase(whole.layer(), Shape.of(src), whole.outputs(), whole.bias());
    }

    /** Products of one image. */
    public long productsPerImage() {
        return products / whole.src().extent(0);
    }

    @Override
    public String toString() {
        return id + " " + name + ": " + whole;
    }
}
