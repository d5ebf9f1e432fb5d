// Activations over a vector type V that each instruction set gives (in an unnamed namespace, so that nothing here is
// shared between them):
//   lanes, all(x), load(p), load(p, n), store(p), store(p, n) of f32 and bf16, + - * /, fma(a, b, c), min, max (b where a or b is not a
//   number), round, times_power_of_two(a, n).
#pragma once

#include "isa.hpp"

namespace conv4j {

// e^x by 2^n e^r, |r| <= ln(2) / 2, x held within +-88, and the terms of e^r's series up to that of kDegree: 7 for two units
// in the last place of f32, 4 for an error of 5e-5, far below that of bf16.
template <int kDegree = 7, typename V>
[[gnu::always_inline]] inline V exponential(V x) {
    constexpr float kTerms[] = {1, 1, 0.5f, 1.0f / 6, 1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};
    const V held = min(V::all(88), max(V::all(-88), x));
    const V n = round(held * V::all(1.44269504f));
    const V r = fma(2.12194440e-4f, n, fma(-0.693359375f, n, held));
    V sum = V::all(kTerms[kDegree]);
#pragma GCC unroll 7
    for (int i = kDegree - 1; i >= 0; --i) sum = fma(sum, r, V::all(kTerms[i]));
    return times_power_of_two(sum, n);
}

template <typename V>
[[gnu::always_inline]] inline V applied(const PostOp& op, V x) {
    const V zero = V::all(0);
    switch (op.kind) {
        case kRelu: return op.alpha == 0 ? max(zero, x) : fma(op.alpha, min(zero, x), max(zero, x));
        case kClip: return min(V::all(op.beta), max(V::all(op.alpha), x));
        case kHardSwish: return x * min(V::all(1), max(zero, fma(op.alpha, x, V::all(op.beta))));
        case kSwish: return x / (V::all(1) + exponential(V::all(-op.alpha) * x));
        default: return x;
    }
}

template <typename V, typename T>
void swish(const T* src, T* dst, int64_t count, float alpha) {
    constexpr int kVectors = 4, kDegree = sizeof(T) == sizeof(float) ? 7 : 4;
    const V one = V::all(1), factor = V::all(-alpha);
    int64_t i = 0;
    for (; i + kVectors * V::lanes <= count; i += kVectors * V::lanes) {
        V x[kVectors];
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j] = V::load(src + i + j * V::lanes);
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j] = x[j] / (one + exponential<kDegree>(factor * x[j]));
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j].store(dst + i + j * V::lanes);
    }
    for (; i < count; i += V::lanes) {
        const int64_t n = count - i < V::lanes ? count - i : V::lanes;
        const V x = V::load(src + i, n);
        (x / (one + exponential<kDegree>(factor * x))).store(dst + i, n);
    }
}

}  // namespace conv4j
