package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Whole networks on every back end: against recorded outputs, and against ONNX Runtime where none are recorded. */
class GoldenTest {
    private static final List<String> BACKENDS = List.of("onednn", "openblas", "java");

    /**
     * Not on OpenBLAS: its weights are all alike, so that the 1000 arguments of its softmax are equal and about 5e9, where one
     * unit in the last place is 512. OpenBLAS adds up rows at the edge of a matrix in another order than the others, and e to
     * the 512 makes one class of that. The same architecture with seeded weights runs on every back end.
     */
    private static final String EQUAL_ARGUMENTS = "light_squeezenet/plain";

    /** Shapes besides the recorded ones, for every network whose input has open extents. */
    private static final Map<String, List<String>> MORE_SHAPES = Map.of(
            "ppocr_cls/line_48x192", List.of("1x3x48x192", "3x3x48x100"),
            "ppocrv4_det/text_224x448", List.of("1x3x128x192", "2x3x96x320"),
            "ppocrv4_rec/line_48x320", List.of("1x3x48x160", "2x3x48x72"),
            "superres_224/chelsea", List.of("2x1x224x224"),
            "waifu2x_upconv7/chelsea_142x142", List.of("1x3x40x57", "2x3x33x64"),
            "yunet_n_dynamic/astronaut_320x320", List.of("1x3x64x96", "3x3x32x128"));

    /** Seeded architectures of which no output is recorded that says anything. */
    private static final List<String> UNRECORDED = List.of("densenet121", "shufflenet", "zfnet512");

    @TestFactory
    Stream<DynamicNode> recordedOutputs() {
        return Golden.all().stream()
                .map(golden -> dynamicContainer(
                        golden.name(),
                        BACKENDS.stream()
                                .filter(backend -> !backend.equals("openblas")
                                        || !golden.name().equals(EQUAL_ARGUMENTS))
                                .map(backend -> dynamicTest(
                                        golden.name() + " on " + backend, () -> compare(golden, backend)))));
    }

    @Test
    void allNetworksAreRecorded() {
        List<String> models = Golden.all().stream()
                .map(golden -> golden.meta().get("model").text())
                .distinct()
                .toList();
        assertThat(models).filteredOn(model -> model.startsWith("models/")).hasSize(10);
        assertThat(models).filteredOn(model -> model.startsWith("onnx/light/")).hasSize(9);
        assertThat(models)
                .filteredOn(model -> model.startsWith("onnx/light_seeded/"))
                .hasSize(9 - UNRECORDED.size());
    }

    private static void compare(Golden golden, String backend) {
        try (Session session = Session.open(golden.network().model(), options(backend))) {
            Map<String, Tensor> got = session.run(golden.inputs());
            TightArena.require(session, golden.name() + " on " + backend);
            Map<String, Golden.Wanted> want = golden.outputs();
            assertThat(got.keySet()).containsExactlyElementsOf(want.keySet());
            want.forEach((name, wanted) -> Difference.between(Objects.requireNonNull(got.get(name)), wanted.tensor())
                    .requireWithin(wanted.tolerance(), golden.name() + " on " + backend + ", output " + name));
        }
    }

    @TestFactory
    Stream<DynamicTest> otherShapes() {
        return Golden.all().stream()
                .filter(golden -> MORE_SHAPES.containsKey(golden.name()))
                .flatMap(golden -> Objects.requireNonNull(MORE_SHAPES.get(golden.name())).stream()
                        .map(shape -> dynamicTest(
                                golden.name() + " as " + shape, () -> judgeOtherShape(golden, Shape.parse(shape)))));
    }

    /** With a part of the recorded input, as on noise these networks see nothing and give next to 0 everywhere. */
    private static void judgeOtherShape(Golden golden, Shape shape) {
        Tensor recorded = golden.inputs().values().iterator().next();
        judge(golden.network(), tiled(recorded, shape));
    }

    /** The tensor, cut or repeated along each axis; images after the first begin a few pixels on. */
    private static Tensor tiled(Tensor src, Shape shape) {
        Tensor dst = Tensor.zeros(src.dataType(), shape);
        int[] from = src.shape().extents();
        int[] strides = shape.strides();
        for (int i = 0; i < shape.elements(); i++) {
            int position = 0;
            for (int axis = 0; axis < from.length; axis++) {
                int coordinate = i / strides[axis] % shape.extent(axis);
                int shift = axis < 2 ? 0 : 5 * (i / strides[0]);
                position = position * from[axis] + (coordinate + shift) % from[axis];
            }
            dst.set(i, src.get(position));
        }
        return dst;
    }

    @TestFactory
    Stream<DynamicTest> unrecordedArchitectures() {
        return UNRECORDED.stream()
                .map(name -> dynamicTest(
                        name, () -> judge(Network.seeded(name), SeededTensor.of(TensorType.f32(1, 3, 224, 224), 7))));
    }

    /** All back ends against ONNX Runtime running the graph as it is written. */
    private static void judge(Network network, Tensor src) {
        Map<String, Tensor> inputs = Map.of(network.model().inputs().get(0).name(), src);
        Map<String, Tensor> want = run(network, OnnxRuntime.Mode.PLAIN, inputs);
        Map<String, Tensor> optimised = run(network, OnnxRuntime.Mode.FASTEST, inputs);
        for (String backend : BACKENDS) {
            try (Session session = Session.open(network.model(), options(backend))) {
                Map<String, Tensor> got = session.run(inputs);
                TightArena.require(session, backend);
                assertThat(got.keySet()).isEqualTo(want.keySet());
                want.forEach((name, wanted) -> {
                    Difference own = Difference.between(Objects.requireNonNull(optimised.get(name)), wanted);
                    Difference difference = Difference.between(Objects.requireNonNull(got.get(name)), wanted);
                    String what = backend + ", output " + name;
                    difference.requireWithin(1e-4 * difference.scale() + 10 * own.largest(), what);
                    // Of a sigmoid far below 0 nothing is left but rounding, in ONNX Runtime as well.
                    difference.requireNormalised(1e-7 + 100 * own.normalised(), what);
                });
            }
        }
    }

    private static Map<String, Tensor> run(Network network, OnnxRuntime.Mode mode, Map<String, Tensor> inputs) {
        try (OnnxRuntime judge = OnnxRuntime.open(network.bytes(), mode, 1)) {
            return judge.run(inputs);
        }
    }

    private static SessionOptions options(String backend) {
        return SessionOptions.latency().backend(backend);
    }
}
