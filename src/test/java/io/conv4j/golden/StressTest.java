package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.onnx.OnnxModel;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.SessionOptions;
import io.conv4j.runtime.TensorInfo;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sixteen threads on one oneDNN session of a real network: every result is, bit for bit, what the same input gave alone,
 * and no memory is lost. A few runs each; many with the system property {@code conv4j.long}.
 */
@Timeout(1800)
class StressTest {
    private static final System.Logger LOGGER = System.getLogger(StressTest.class.getName());
    private static final String NETWORK = "blazeface_front_128";
    private static final int THREADS = 16;
    private static final int RUNS = Boolean.getBoolean("conv4j.long") ? 2000 : 50;

    /** Enough for every context to exist and most of the compiling and spreading of the JVM to be over. */
    private static final int WARM_UP_RUNS = Math.max(50, RUNS / 4);

    /**
     * What compiling may add, and, in the short form, a heap that was not in memory from the start. A leak of 1 KiB a run
     * adds 32 MiB in the long form.
     */
    private static final long MOST_GROWTH_KIB = Boolean.getBoolean("conv4j.long") ? 4 * 1024 : 32 * 1024;

    static Stream<SessionOptions> bothModes() {
        return Stream.of(SessionOptions.throughput(), SessionOptions.latency().intraOpThreads(2))
                .map(options -> options.backend("onednn"));
    }

    @ParameterizedTest
    @MethodSource("bothModes")
    void resultsStayTheSameAndMemoryDoesNotGrow(SessionOptions options) throws Exception {
        OnnxModel model =
                Network.read("models/" + NETWORK + "/model.onnx", List.of()).model();
        try (Session session = Session.open(model, options)) {
            List<Caller> callers = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                callers.add(new Caller(session, thread));
            }
            assertThat(new HashSet<>(callers.stream().map(Caller::wanted).toList()))
                    .as("different inputs, different results: one taken for another would show")
                    .hasSize(THREADS);
            stress(session, callers);
        }
    }

    private static void stress(Session session, List<Caller> callers) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            assertThat(wrongResults(threads, callers, WARM_UP_RUNS)).isZero();
            long warm = residentKib();
            long nativeBytes = session.nativeBytes();
            long begin = System.nanoTime();
            assertThat(wrongResults(threads, callers, RUNS)).isZero();
            double seconds = (System.nanoTime() - begin) / 1e9;
            long end = residentKib();
            String what = String.format(
                    "%s, %s, %d threads x %d runs in %.1f s: resident %d KiB warm, %d KiB at the end",
                    NETWORK, session.options().mode().word(), THREADS, RUNS, seconds, warm, end);
            LOGGER.log(System.Logger.Level.INFO, what);
            assertThat(end - warm).as(what).isLessThanOrEqualTo(MOST_GROWTH_KIB);
            assertThat(session.nativeBytes()).as("native bytes, " + what).isEqualTo(nativeBytes);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Of all callers at the same time, each in a thread of its own. */
    private static int wrongResults(ExecutorService threads, List<Caller> callers, int runs) throws Exception {
        List<Callable<Integer>> work = callers.stream()
                .<Callable<Integer>>map(caller -> () -> caller.wrongResults(runs))
                .toList();
        int wrong = 0;
        for (Future<Integer> result : threads.invokeAll(work)) {
            wrong += result.get();
        }
        return wrong;
    }

    /** What the system holds in memory for this process. */
    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    /**
     * One thread's input, of its own, with what it gave when nobody else ran. Runs leave no garbage, so that the heap does not
     * spread into memory it has not used before.
     */
    private static final class Caller {
        private final Session session;
        private final List<Tensor> src;
        private final List<Tensor> dst;
        private final List<ByteBuffer> wanted;
        private final List<ByteBuffer> got;

        Caller(Session session, int seed) {
            this.session = session;
            this.src = fresh(session.inputs());
            src.replaceAll(tensor -> SeededTensor.of(tensor.type(), seed));
            List<Tensor> alone = fresh(session.outputs());
            session.run(src, alone);
            this.wanted = alone.stream().map(Tensor::bytes).toList();
            this.dst = fresh(session.outputs());
            this.got = dst.stream().map(Tensor::bytes).toList();
        }

        private static List<Tensor> fresh(List<TensorInfo> infos) {
            return new ArrayList<>(infos.stream()
                    .map(info -> Tensor.zeros(
                            new TensorType(info.type(), info.shape().orElseThrow())))
                    .toList());
        }

        /** All outputs' bits. */
        List<ByteBuffer> wanted() {
            return wanted;
        }

        /** Runs so many times, over outputs whose ends are spoilt before, and counts where the bits differ. */
        int wrongResults(int runs) {
            int wrong = 0;
            for (int run = 0; run < runs; run++) {
                for (int i = 0; i < got.size(); i++) {
                    spoil(got.get(i), 0);
                    spoil(got.get(i), got.get(i).limit() - Float.BYTES);
                }
                session.run(src, dst);
                for (int i = 0; i < got.size(); i++) {
                    wrong += got.get(i).equals(wanted.get(i)) ? 0 : 1;
                }
            }
            return wrong;
        }

        /** Writes a NaN, byte by byte. */
        private static void spoil(ByteBuffer bytes, int at) {
            for (int i = 0; i < Float.BYTES; i++) {
                bytes.put(at + i, (byte) -1);
            }
        }
    }
}
