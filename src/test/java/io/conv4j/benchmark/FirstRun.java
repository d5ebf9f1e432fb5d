package io.conv4j.benchmark;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A program that runs a model once and says how long that took from before the first class of the library to the first
 * output, in nanoseconds, and the most memory that the process ever held. Uses nothing else, so that nothing else is
 * measured.
 */
final class FirstRun {
    private FirstRun() {}

    /**
     * Prints {@code nanoseconds kilobytes sum}: sum is that of the output's magnitudes, to compare the two by.
     *
     * @param words who runs it, the file, the number of threads, the input's name and its extents
     */
    public static void main(String[] words) throws Exception {
        int[] extents =
                Arrays.stream(words[4].split("x")).mapToInt(Integer::parseInt).toArray();
        FloatBuffer input = pixels(Arrays.stream(extents).reduce(1, (a, b) -> a * b));
        int threads = Integer.parseInt(words[2]);
        long start = System.nanoTime();
        FloatBuffer output = words[0].equals("conv4j")
                ? conv4j(Path.of(words[1]), threads, extents, input)
                : OnnxRuntime.run(words[1], threads, words[3], extents, input);
        long time = System.nanoTime() - start;
        System.out.println(time + " " + peakKilobytes() + " " + sum(output));
        // Not to wait for anybody's threads.
        Runtime.getRuntime().halt(0);
    }

    private static FloatBuffer pixels(int elements) {
        FloatBuffer pixels = ByteBuffer.allocateDirect(4 * elements)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < elements; i++) {
            pixels.put(i, (i * 7919 % 255 - 127) / 64f);
        }
        return pixels;
    }

    private static FloatBuffer conv4j(Path file, int threads, int[] extents, FloatBuffer input) {
        Session session = Session.open(file, SessionOptions.defaults().intraOpThreads(threads));
        return session.run(Tensor.of(Shape.of(extents), input)).floats();
    }

    private static long peakKilobytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("/proc/self/status says nothing of the peak of memory");
    }

    private static double sum(FloatBuffer values) {
        double sum = 0;
        while (values.hasRemaining()) {
            sum += Math.abs(values.get());
        }
        return sum;
    }

    /** Apart, so that our side needs none of its classes. */
    private static final class OnnxRuntime {
        private OnnxRuntime() {}

        static FloatBuffer run(String file, int threads, String name, int[] extents, FloatBuffer input)
                throws OrtException {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            OrtSession session = environment.createSession(file, options);
            long[] shape = Arrays.stream(extents).asLongStream().toArray();
            OrtSession.Result result = session.run(Map.of(name, OnnxTensor.createTensor(environment, input, shape)));
            return ((OnnxTensor) result.get(0))
                    .getByteBuffer()
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }
    }
}
