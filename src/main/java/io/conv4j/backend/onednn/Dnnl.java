package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.nativelib.NativeMemory;
import java.util.Map;
import java.util.StringJoiner;
import org.bytedeco.dnnl.global.dnnl;

/** oneDNN as a library: its engine, version, and the one funnel from status codes to exceptions. */
final class Dnnl {
    private static final Map<Integer, String> STATUS = Map.of(
            dnnl.dnnl_out_of_memory, "out of memory",
            dnnl.dnnl_invalid_arguments, "invalid arguments",
            dnnl.dnnl_unimplemented, "unimplemented",
            dnnl.dnnl_runtime_error, "runtime error",
            dnnl.dnnl_not_required, "not required");

    /** Prepared networks have their own cache; oneDNN's is kept small. */
    private static final int PRIMITIVE_CACHE_CAPACITY = 256;

    private Dnnl() {}

    /** One CPU engine for the process; it lives as long as it. */
    private static final class Engine {
        static final long CPU = create();

        private static long create() {
            long engine = NativeNetwork.createEngine();
            check(engine, "creating", "the CPU engine");
            check(NativeNetwork.setPrimitiveCacheCapacity(PRIMITIVE_CACHE_CAPACITY), "sizing the primitive cache");
            return engine;
        }
    }

    /** Its address. */
    static long engine() {
        return Engine.CPU;
    }

    /** Version and instruction set, for people; loads both libraries. */
    static String describe() {
        NativeMemory.use(new NativeHeap());
        engine();
        return "oneDNN " + NativeNetwork.version() + ", "
                + isa(NativeNetwork.effectiveIsa())
                + (NativeNetwork.onednnRunsOnOwnThreads() ? "" : ", on OpenMP's threads");
    }

    /** Whether it computes in bf16 on this CPU, in instructions for that or others. Loads both libraries. */
    static boolean hasBf16() {
        return hasAvx512();
    }

    /** Whether it uses AVX-512. Loads both libraries. */
    static boolean hasAvx512() {
        engine();
        return (NativeNetwork.effectiveIsa() & dnnl.dnnl_cpu_isa_avx512_core) == dnnl.dnnl_cpu_isa_avx512_core;
    }

    private static String isa(int isa) {
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_bf16) {
            return "AVX-512 with VNNI and bf16";
        }
        if (isa == dnnl.dnnl_cpu_isa_avx512_core_vnni) {
            return "AVX-512 with VNNI";
        }
        if (isa == dnnl.dnnl_cpu_isa_avx512_core) {
            return "AVX-512";
        }
        if (isa == dnnl.dnnl_cpu_isa_avx2_vnni) {
            return "AVX2 with VNNI";
        }
        if (isa == dnnl.dnnl_cpu_isa_avx2) {
            return "AVX2";
        }
        return "instruction set 0x" + Integer.toHexString(isa);
    }

    /** A status as text. */
    static String status(int status) {
        return STATUS.getOrDefault(status, "status " + status);
    }

    /** The same for what has made something: its address or, negative, a status. The words are joined on failure only. */
    static void check(long made, Object... doing) {
        if (made < 0) {
            StringJoiner words = new StringJoiner(" ");
            for (Object word : doing) {
                words.add(String.valueOf(word));
            }
            check((int) -made, words.toString());
        }
    }

    /** Turns a failure into an exception that says what was being done. */
    static void check(int status, String doing) {
        if (status != dnnl.dnnl_success) {
            throw new Conv4jException("oneDNN failed at " + doing + ": " + status(status));
        }
    }
}
