// Activations over a vector type V that each instruction set gives (in an unnamed namespace, so that nothing here is
// shared between them):
//   lanes, all(x), load(p), load(p, n), store(p), store(p, n) of f32 and bf16, sum() of the lanes, + - * /, fma(a, b, c), min, max (b where a or b is not a
//   number), floor, times_power_of_two(a, t): a 2^floor(t), infinity or 0 or nearly so where that is beyond f32.
#pragma once

#include "isa.hpp"

namespace conv4j {

// 2^t by 2^n 2^r, n = floor(t), and the polynomial of a degree that has the least relative error for r in [0, 1]: 7.5e-8 of
// degree 5, half a unit in the last place of f32; 7.5e-5 of degree 3, far below bf16's 2^-9. Coefficients by Remez' exchange.
template <int kDegree = 5, typename V>
[[gnu::always_inline]] inline V power_of_two(V t) {
    static_assert(kDegree == 3 || kDegree == 5);
    constexpr float kTerms[2][6] = {
        {0.999925219f, 0.695833541f, 0.226067155f, 0.0780245227f, 0, 0},
        {0.999999925f, 0.693153073f, 0.240153617f, 0.0558263181f, 0.00898934010f, 0.00187757667f},
    };
    const float* terms = kTerms[kDegree == 5];
    // Of an infinite t the difference is no number, and becomes 1.
    const V r = min(t - floor(t), V::all(1));
    V sum = V::all(terms[kDegree]);
#pragma GCC unroll 5
    for (int i = kDegree - 1; i >= 0; --i) sum = fma(sum, r, V::all(terms[i]));
    return times_power_of_two(sum, t);
}

constexpr float kLog2E = 1.44269504f;

// x / (1 + e^(-alpha x)), factor = -alpha log2(e). The relative error grows with the exponent's: by |alpha x| 2^-23 for its two
// roundings, where alpha x is negative, that is where the result vanishes faster.
template <int kDegree = 5, typename V>
[[gnu::always_inline]] inline V swished(V x, V factor) {
    return x / (V::all(1) + power_of_two<kDegree>(factor * x));
}

// Calls `use` with the function of vectors that an activation is, so that nobody asks again for every vector which one it is.
template <typename V, typename Use>
[[gnu::always_inline]] inline void with_activation(const PostOp& op, Use use) {
    const V zero = V::all(0), alpha = V::all(op.alpha), beta = V::all(op.beta);
    switch (op.kind) {
        case kRelu:
            if (op.alpha == 0) {
                use([=](V x) { return max(zero, x); });
            } else {
                use([=](V x) { return fma(alpha, min(zero, x), max(zero, x)); });
            }
            break;
        case kClip: use([=](V x) { return min(beta, max(alpha, x)); }); break;
        case kHardSwish: use([=](V x) { return x * min(V::all(1), max(zero, fma(alpha, x, beta))); }); break;
        case kSwish: {
            const V factor = V::all(-op.alpha * kLog2E);
            use([=](V x) { return swished(x, factor); });
            break;
        }
        case kSigmoid: use([=](V x) { return V::all(1) / (V::all(1) + power_of_two(V::all(-kLog2E) * x)); }); break;
        default: break;
    }
}

template <typename V>
[[gnu::always_inline]] inline V applied(const PostOp& op, V x) {
    with_activation<V>(op, [&](auto activation) { x = activation(x); });
    return x;
}

template <typename V, typename T>
void swish(const T* src, T* dst, int64_t count, float alpha) {
    constexpr int kVectors = 4, kDegree = sizeof(T) == sizeof(float) ? 5 : 3;
    const V factor = V::all(-alpha * kLog2E);
    int64_t i = 0;
    for (; i + kVectors * V::lanes <= count; i += kVectors * V::lanes) {
        V x[kVectors];
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j] = V::load(src + i + j * V::lanes);
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j] = swished<kDegree>(x[j], factor);
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j].store(dst + i + j * V::lanes);
    }
    for (; i < count; i += V::lanes) {
        const int64_t n = count - i < V::lanes ? count - i : V::lanes;
        swished<kDegree>(V::load(src + i, n), factor).store(dst + i, n);
    }
}

}  // namespace conv4j
