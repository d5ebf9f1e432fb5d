package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_version_t;
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
        static final dnnl_engine CPU = create();

        private static dnnl_engine create() {
            dnnl_engine engine = new dnnl_engine();
            check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0), "creating the CPU engine");
            check(dnnl.dnnl_set_primitive_cache_capacity(PRIMITIVE_CACHE_CAPACITY), "sizing the primitive cache");
            return engine;
        }
    }

    static dnnl_engine engine() {
        return Engine.CPU;
    }

    /** Version and instruction set, for people; loads both libraries. */
    static String describe() {
        NativeNetwork.getThreads();
        dnnl_version_t version = dnnl.dnnl_version();
        Engine.CPU.address();
        return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch() + ", "
                + isa(dnnl.dnnl_get_effective_cpu_isa())
                + (NativeNetwork.onednnRunsOnOwnThreads() ? "" : ", on OpenMP's threads");
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

    /** Turns a failure into an exception that says what was being done. */
    static void check(int status, String doing) {
        if (status != dnnl.dnnl_success) {
            throw new Conv4jException("oneDNN failed at " + doing + ": " + status(status));
        }
    }
}
