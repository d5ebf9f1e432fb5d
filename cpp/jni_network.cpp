// The native methods of NativeNetwork that are conv4j.hpp, one to one, and those for memory.
#include <sys/mman.h>

#include <cstdlib>

#include "conv4j.hpp"
#include "jni_arguments.hpp"

using namespace conv4j;

CONV4J_METHOD(jlong, create)(JNIEnv*, jclass, jlong engine, jint threads) { return network_create(engine, threads); }

CONV4J_METHOD(void, destroy)(JNIEnv*, jclass, jlong network) { network_destroy(network); }

CONV4J_METHOD(jint, addBuffer)(JNIEnv*, jclass, jlong network, jint kind, jlong value, jlong offset) {
    return network_add_buffer(network, kind, value, offset);
}

CONV4J_METHOD(jint, addPrimitive)
(JNIEnv* env, jclass, jlong network, jlong primitive, jint count, jintArray args, jlongArray descs, jintArray buffers) {
    return network_add_primitive(network, primitive, count, copy(env, args).data(), copy(env, descs).data(),
                                 copy(env, buffers).data());
}

CONV4J_METHOD(jint, addKernel)
(JNIEnv* env, jclass, jlong network, jint kind, jint parameter_count, jlongArray parameters, jint buffer_count,
 jintArray buffers) {
    return network_add_kernel(network, kind, parameter_count, copy(env, parameters).data(), buffer_count,
                              copy(env, buffers).data());
}

CONV4J_METHOD(jint, addBands)
(JNIEnv* env, jclass, jlong network, jint parameter_count, jlongArray parameters, jint buffer_count, jintArray buffers) {
    return network_add_bands(network, parameter_count, copy(env, parameters).data(), buffer_count,
                             copy(env, buffers).data());
}

CONV4J_METHOD(jlong, winogradWeightsBytes)(JNIEnv* env, jclass, jlongArray parameters, jint count) {
    return winograd_weights_bytes(copy(env, parameters).data(), count);
}

CONV4J_METHOD(jlong, winogradScratchpadBytes)(JNIEnv* env, jclass, jlongArray parameters, jint count) {
    return winograd_scratchpad_bytes(copy(env, parameters).data(), count);
}

CONV4J_METHOD(jlong, depthwiseWeightsBytes)(JNIEnv* env, jclass, jlongArray parameters, jint count) {
    return depthwise_weights_bytes(copy(env, parameters).data(), count);
}

CONV4J_METHOD(jlong, depthwiseScratchpadBytes)(JNIEnv* env, jclass, jlongArray parameters, jint count) {
    return depthwise_scratchpad_bytes(copy(env, parameters).data(), count);
}

CONV4J_METHOD(jlong, indirectWeightsBytes)(JNIEnv* env, jclass, jlongArray parameters, jint count) {
    return indirect_weights_bytes(copy(env, parameters).data(), count);
}

CONV4J_METHOD(jlong, indirectScratchpadBytes)(JNIEnv* env, jclass, jlongArray parameters, jint count) {
    return indirect_scratchpad_bytes(copy(env, parameters).data(), count);
}

CONV4J_METHOD(jint, vectorLanes)(JNIEnv*, jclass) { return vector_lanes(); }

CONV4J_METHOD(jint, fipVectors)(JNIEnv*, jclass) { return fip_vectors(); }

CONV4J_METHOD(jlong, createContext)(JNIEnv*, jclass, jlong network, jlong arena, jlong table) {
    return context_create(network, arena, table);
}

CONV4J_METHOD(void, destroyContext)(JNIEnv*, jclass, jlong context) { context_destroy(context); }

CONV4J_METHOD(jlong, run)(JNIEnv*, jclass, jlong context, jint first, jint last) {
    return context_run(context, first, last);
}

CONV4J_METHOD(jlong, profile)(JNIEnv* env, jclass, jlong context, jint first, jint last, jlongArray nanoseconds) {
    std::vector<int64_t> times(env->GetArrayLength(nanoseconds));
    const int64_t result = context_profile(context, first, last, times.data());
    env->SetLongArrayRegion(nanoseconds, 0, static_cast<jsize>(times.size()), reinterpret_cast<jlong*>(times.data()));
    return result;
}

CONV4J_METHOD(void, setThreads)(JNIEnv*, jclass, jint threads) { set_threads(threads); }

CONV4J_METHOD(jint, getThreads)(JNIEnv*, jclass) { return get_threads(); }

CONV4J_METHOD(jboolean, onednnRunsOnOwnThreads)(JNIEnv*, jclass) { return onednn_runs_on_own_threads(); }

CONV4J_METHOD(void, adviseHugePages)(JNIEnv*, jclass, jlong address, jlong bytes) { advise_huge_pages(address, bytes); }

// Large regions are mapped each on its own: from malloc, what is given back early may stay with the process, and so may
// all that is given back later.
constexpr jlong kMapped = 1 << 20;

CONV4J_METHOD(jlong, allocate)(JNIEnv*, jclass, jlong bytes) {
    const auto size = static_cast<size_t>(bytes);
    if (bytes < kMapped) return reinterpret_cast<jlong>(std::malloc(size));
    void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mapped == MAP_FAILED ? 0 : reinterpret_cast<jlong>(mapped);
}

CONV4J_METHOD(void, free)(JNIEnv*, jclass, jlong address, jlong bytes) {
    if (bytes < kMapped) {
        std::free(reinterpret_cast<void*>(address));
    } else {
        munmap(reinterpret_cast<void*>(address), static_cast<size_t>(bytes));
    }
}

CONV4J_METHOD(jobject, view)(JNIEnv* env, jclass, jlong address, jlong bytes) {
    return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), bytes);
}

CONV4J_METHOD(jlong, addressOf)(JNIEnv* env, jclass, jobject direct) {
    return reinterpret_cast<jlong>(env->GetDirectBufferAddress(direct));
}
