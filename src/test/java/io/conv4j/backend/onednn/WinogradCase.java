package io.conv4j.backend.onednn;

import io.conv4j.backend.Backend;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.Plan;
import io.conv4j.golden.Difference;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;

/**
 * A network of one 3x3 convolution with what follows it, on seeded random numbers.
 *
 * @param src [N, C, H, W]
 * @param pads top, bottom, left, right
 * @param after what follows, given the graph so far and the residual, a second input
 */
record WinogradCase(
        Shape src, int outputs, List<Integer> pads, int dilation, BiFunction<GraphBuilder, Value, GraphBuilder> after) {
    static WinogradCase of(Shape src, int outputs) {
        return new WinogradCase(src, outputs, List.of(1, 1, 1, 1), 1, (graph, residual) -> graph);
    }

    WinogradCase pads(int top, int bottom, int left, int right) {
        return new WinogradCase(src, outputs, List.of(top, bottom, left, right), dilation, after);
    }

    /** Dilated, and padded so that dst has the extents of src. */
    WinogradCase dilated(int by) {
        return new WinogradCase(src, outputs, List.of(by, by, by, by), by, after);
    }

    WinogradCase after(BiFunction<GraphBuilder, Value, GraphBuilder> steps) {
        return new WinogradCase(src, outputs, pads, dilation, steps);
    }

    private Window window() {
        return new Window(List.of(
                new Axis(3, 1, dilation, pads.get(0), pads.get(1)),
                new Axis(3, 1, dilation, pads.get(2), pads.get(3))));
    }

    Shape dst() {
        return window().outputShape(src, outputs);
    }

    private Tensor weights() {
        Shape shape = Shape.of(outputs, src.extent(1), 3, 3);
        return random(shape, 2, Math.sqrt(2.0 / (9 * src.extent(1))));
    }

    private Graph graph() {
        GraphBuilder graph = Graph.builder("winograd").input("src", src);
        Value start = graph.value();
        Value residual = graph.input("residual", dst()).value();
        graph.from(start).convolution(window(), weights(), random(Shape.of(outputs), 3, 1));
        return after.apply(graph, residual).output().build();
    }

    private static Tensor random(Shape shape, long seed, double scale) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DataType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, (float) (scale * random.nextGaussian()));
        }
        return tensor;
    }

    /**
     * What a back end made of it.
     *
     * @param bytes of native memory for constants
     */
    record Result(Tensor dst, List<StepReport> steps, long bytes) {
        String algorithm() {
            return steps.stream()
                    .filter(step -> step.layer().startsWith("Convolution")
                            || step.layer().startsWith("TransposedConvolution"))
                    .findFirst()
                    .orElseThrow()
                    .algorithm();
        }
    }

    Result onednn(ExecutionOptions options) {
        return run(new OnednnBackend(JavaKernels::run), options);
    }

    Result java() {
        return run(new JavaBackend(), new ExecutionOptions(2));
    }

    private Result run(Backend backend, ExecutionOptions options) {
        Graph graph = graph();
        Plan plan = Compiler.compile(graph, backend.optimizationLevel());
        try (Executable executable = backend.prepare(plan, options);
                Context context = executable.newContext()) {
            Tensor dst = random(graph.outputs().get(0).shape(), 4, 1);
            context.run(List.of(random(src, 1, 1), random(dst(), 5, 1)), List.of(dst));
            return new Result(dst, executable.steps(), executable.nativeBytes());
        }
    }

    /** The largest error of the onednn back end over ε·K·max|src|·max|weights|, K products. */
    double errorFactor(Result got) {
        double products = 9.0 * src.extent(1);
        double bound = Math.ulp(1f) * products * largest(random(src, 1, 1)) * largest(weights());
        return Difference.between(got.dst(), java().dst()).largest() / bound;
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (float value : tensor.toFloats()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
