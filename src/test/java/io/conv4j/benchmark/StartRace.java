package io.conv4j.benchmark;

import io.conv4j.Conv4jException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * From a file to the first result, each time in a fresh JVM of its own: conv4j and ONNX Runtime in turn, A B A B, with the
 * same flags, each with the jars that it needs on its class path. Each process runs {@link FirstRun}.
 *
 * @param threads of one run
 * @param rounds processes of each side
 */
record StartRace(int threads, int rounds) {
    private static final long MINUTES = 5;
    private static final double AGREEMENT = 1e-2;
    private static final String CONV4J = "conv4j";
    private static final String ONNX_RUNTIME = "onnxruntime";

    /** The jars that each side needs: opening those of others would count as its own time. */
    private static final Pattern OURS = Pattern.compile("(javacpp|dnnl|opencl|protobuf|jspecify|conv4j).*\\.jar");

    private static final Pattern THEIRS = Pattern.compile("onnxruntime.*\\.jar");

    /** One process: milliseconds to the first output, megabytes at the peak, milliseconds of the whole process. */
    record Sample(double firstMs, double peakMb, double wallMs, double sum) {}

    /** Races on an ONNX file that has one input. */
    StartResult run(Course course, Path file) throws IOException {
        if (course.net().inputs().size() != 1) {
            throw new Conv4jException(
                    course.name() + " has inputs " + course.net().inputs() + "; starts are measured with one");
        }
        List<Sample> ours = new ArrayList<>();
        List<Sample> rival = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            ours.add(process(CONV4J, course, file));
            rival.add(process(ONNX_RUNTIME, course, file));
        }
        double got = ours.get(0).sum;
        double want = rival.get(0).sum;
        if (Math.abs(got - want) > AGREEMENT * Math.abs(want)) {
            throw new Conv4jException(course.name() + ": magnitudes of the outputs sum to " + got + ", in the rival to "
                    + want + ": they do not compute the same");
        }
        return new StartResult(course.name(), threads, StartResult.Side.of(ours), StartResult.Side.of(rival));
    }

    private Sample process(String who, Course course, Path file) throws IOException {
        String input = course.rival().inputs().get(0);
        String shape = course.net().inputs().get(0).shape().toString();
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                classPath(who.equals(CONV4J) ? OURS : THEIRS),
                FirstRun.class.getName(),
                who,
                file.toString(),
                Integer.toString(threads),
                input,
                shape);
        Path errors = Files.createTempFile("conv4j-start", ".txt");
        long start = System.nanoTime();
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (InputStream printed = process.getInputStream()) {
            String text = new String(printed.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new Conv4jException(who + " does not run " + course.name() + ": " + Files.readString(errors));
            }
            return sample(text, (System.nanoTime() - start) / 1e6);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Conv4jException("interrupted while " + who + " ran " + course.name(), e);
        } finally {
            process.destroyForcibly();
            Files.delete(errors);
        }
    }

    /** This JVM's class path without jars of other names. */
    private static String classPath(Pattern jars) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith(".jar")
                        || jars.matcher(new File(entry).getName()).matches())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The last line that {@link FirstRun} printed. */
    static Sample sample(String printed, double wallMs) {
        List<String> lines = printed.strip().lines().toList();
        String[] words = lines.get(lines.size() - 1).split(" ");
        return new Sample(
                Double.parseDouble(words[0]) / 1e6,
                Double.parseDouble(words[1]) / 1024,
                wallMs,
                Double.parseDouble(words[2]));
    }
}
