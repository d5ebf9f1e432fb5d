package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that decides how long a step's algorithms take, as text: of the step, and of the machine. */
final class StepKey {
    /** To be counted up when own kernels change their speed, so that what was measured before no longer counts. */
    private static final int KERNELS = 11;

    private static final Path CPU_FACTS = Path.of("/proc/cpuinfo");

    private StepKey() {}

    /** The CPU, asked for once. */
    private static final class Cpu {
        static final String NAME = read();

        private static String read() {
            try (Stream<String> lines = Files.lines(CPU_FACTS, StandardCharsets.ISO_8859_1)) {
                String facts = lines.takeWhile(line -> !line.isBlank())
                        .filter(line -> line.matches("(model name|cpu family|model)\\s*:.*"))
                        .map(line -> line.replaceAll("\\s*:\\s*", " ").strip())
                        .collect(Collectors.joining(", "));
                return facts.replaceAll("[^ -~]|[\\[\\]]", "?");
            } catch (IOException | java.io.UncheckedIOException e) {
                return "unknown " + System.getProperty("os.arch");
            }
        }
    }

    /** The machine, the libraries and the threads. */
    static String machine(int threads) {
        return Dnnl.describe() + ", kernels " + KERNELS + ", " + Cpu.NAME + ", " + threads + " threads";
    }

    /** A convolution, transposed convolution or fully connected layer with what is fused into it. */
    static String of(Step step, ExecutionOptions options, Set<Value> constants) {
        StringBuilder key = new StringBuilder(step.layer().word())
                .append(' ')
                .append(step.sources().get(0).shape())
                .append(" to ")
                .append(step.destination().shape());
        if (step.layer() instanceof Convolution layer) {
            append(key, layer.window(), layer.groups());
        } else if (step.layer() instanceof TransposedConvolution layer) {
            append(key, layer.window(), layer.groups());
        }
        key.append(step.sources().size() > 2 ? ", bias" : "");
        for (PostOp postOp : step.postOps()) {
            key.append(", ").append(postOp);
            if (postOp instanceof PostOp.Combine combine) {
                key.append(' ').append(combine.operand().shape());
            }
        }
        if (!step.sources().stream().skip(1).allMatch(constants::contains)) {
            key.append(", weights computed");
        }
        key.append(", ").append(options.precisionOf(step.name()).word());
        return key.append(options.algorithms().winograd() ? "" : ", no winograd")
                .toString();
    }

    private static void append(StringBuilder key, Window window, int groups) {
        key.append(", kernel ").append(each(window, Axis::kernel));
        key.append(", stride ").append(each(window, Axis::stride));
        key.append(", dilation ").append(each(window, Axis::dilation));
        key.append(", padBefore ").append(each(window, Axis::padBefore));
        key.append(", padAfter ").append(each(window, Axis::padAfter));
        key.append(", groups ").append(groups);
    }

    private static String each(Window window, ToIntFunction<Axis> of) {
        return window.axes().stream()
                .map(axis -> Integer.toString(of.applyAsInt(axis)))
                .collect(Collectors.joining("x"));
    }
}
