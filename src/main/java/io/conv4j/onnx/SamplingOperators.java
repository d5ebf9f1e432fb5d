package io.conv4j.onnx;

import io.conv4j.layer.GridSample;
import io.conv4j.layer.Resize;

/** Operators that read between elements, where other inputs say. */
final class SamplingOperators {
    private SamplingOperators() {}

    static void register(OperatorForms forms) {
        switch (forms.operator()) {
            case "GridSample" -> {
                forms.one(16, node -> gridSample(node, "bilinear", "bilinear", "nearest", "bicubic"));
                forms.one(20, node -> gridSample(node, "linear", "linear", "nearest", "cubic"));
            }
            default -> {}
        }
    }

    private static Operand gridSample(NodeContext node, String absent, String... modes) {
        Attributes attributes = node.attributes();
        Resize.Interpolation interpolation =
                switch (attributes.word("mode", absent, modes)) {
                    case "nearest" -> Resize.Interpolation.NEAREST;
                    case "bicubic", "cubic" -> Resize.Interpolation.CUBIC;
                    default -> Resize.Interpolation.LINEAR;
                };
        GridSample.Outside outside =
                switch (attributes.word("padding_mode", "zeros", "zeros", "border", "reflection")) {
                    case "border" -> GridSample.Outside.BORDER;
                    case "reflection" -> GridSample.Outside.REFLECTION;
                    default -> GridSample.Outside.ZEROS;
                };
        GridSample layer = new GridSample(interpolation, outside, attributes.flag("align_corners", false));
        return node.result(layer, node.input(0), node.input(1));
    }
}
