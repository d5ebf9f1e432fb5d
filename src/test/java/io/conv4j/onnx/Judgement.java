package io.conv4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.golden.OnnxRuntime;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import io.conv4j.validate.SeededInputs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What ONNX Runtime makes of a small model, against what conv4j's back ends make of it. */
final class Judgement {
    private static final double ABSOLUTE = 1e-5;
    private static final double RELATIVE = 1e-4;
    private static final List<String> BACK_ENDS = List.of("java", "onednn");

    private Judgement() {}

    /** All outputs agree on seeded inputs: integers exactly, fractions within rounding. */
    static void agree(ModelWriter writer) {
        OnnxModel model = writer.model();
        List<TensorType> types = model.inputs().stream()
                .map(input -> new TensorType(input.type(), input.shape().orElseThrow()))
                .toList();
        List<Tensor> tensors = SeededInputs.of(types, 1);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < types.size(); i++) {
            inputs.put(model.inputs().get(i).name(), tensors.get(i));
        }
        agree(writer, inputs);
    }

    /** All outputs agree on these inputs. */
    static void agree(ModelWriter writer, Map<String, Tensor> inputs) {
        Map<String, Tensor> wanted;
        try (OnnxRuntime judge = OnnxRuntime.open(writer.bytes(), OnnxRuntime.Mode.PLAIN, 1)) {
            wanted = judge.run(inputs);
        }
        for (String backend : BACK_ENDS) {
            try (Session session =
                    Session.open(writer.model(), SessionOptions.throughput().backend(backend))) {
                Map<String, Tensor> got = session.run(inputs);
                wanted.forEach((name, tensor) ->
                        compare(backend + " " + name, Objects.requireNonNull(got.get(name), name), tensor));
            }
        }
    }

    private static void compare(String what, Tensor got, Tensor wanted) {
        assertThat(got.type()).as(what).isEqualTo(wanted.type());
        for (int i = 0; i < wanted.shape().elements(); i++) {
            double a = got.get(i);
            double b = wanted.get(i);
            boolean close = wanted.dataType().floating() && Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(b);
            assertThat(a == b || close)
                    .as("%s [%s] at %d is %s, ONNX Runtime says %s", what, wanted.type(), i, a, b)
                    .isTrue();
        }
    }
}
