// What Java's arrays and numbers are to C.
#pragma once

#include <jni.h>

#include <cstdint>
#include <vector>

// Defines a native method of NativeNetwork.
#define CONV4J_METHOD(type, name) \
    extern "C" JNIEXPORT type JNICALL Java_io_conv4j_backend_onednn_NativeNetwork_##name

namespace conv4j {

static_assert(sizeof(jlong) == sizeof(int64_t) && sizeof(jint) == sizeof(int), "Java's numbers are C's");

// A copy of an array of Java's; that of null is empty.
inline std::vector<int64_t> copy(JNIEnv* env, jlongArray array) {
    std::vector<int64_t> numbers(array == nullptr ? 0 : env->GetArrayLength(array));
    if (!numbers.empty()) {
        env->GetLongArrayRegion(array, 0, static_cast<jsize>(numbers.size()), reinterpret_cast<jlong*>(numbers.data()));
    }
    return numbers;
}

inline std::vector<int> copy(JNIEnv* env, jintArray array) {
    std::vector<int> numbers(array == nullptr ? 0 : env->GetArrayLength(array));
    if (!numbers.empty()) {
        env->GetIntArrayRegion(array, 0, static_cast<jsize>(numbers.size()), reinterpret_cast<jint*>(numbers.data()));
    }
    return numbers;
}

}  // namespace conv4j
