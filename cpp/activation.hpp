// Activations over a vector type V that each instruction set gives (in an unnamed namespace, so that nothing here is
// shared between them):
//   lanes, all(x), load(p), load(p, n), store(p), store(p, n), + - * /, fma(a, b, c), min, max (b where a or b is not a
//   number), round, times_power_of_two(a, n).
#pragma once

#include "isa.hpp"

namespace conv4j {

// e^x to within two units in the last place, x held within +-88: by 2^n e^r, |r| <= ln(2) / 2, and e^r's series.
template <typename V>
[[gnu::always_inline]] inline V exponential(V x) {
    const V held = min(V::all(88), max(V::all(-88), x));
    const V n = round(held * V::all(1.44269504f));
    const V r = fma(2.12194440e-4f, n, fma(-0.693359375f, n, held));
    V sum = V::all(1.0f / 5040);
    sum = fma(sum, r, V::all(1.0f / 720));
    sum = fma(sum, r, V::all(1.0f / 120));
    sum = fma(sum, r, V::all(1.0f / 24));
    sum = fma(sum, r, V::all(1.0f / 6));
    sum = fma(sum, r, V::all(0.5f));
    sum = fma(sum, r, V::all(1));
    sum = fma(sum, r, V::all(1));
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

template <typename V>
void swish(float* at, int64_t count, float alpha) {
    constexpr int kVectors = 4;
    const V one = V::all(1), factor = V::all(-alpha);
    int64_t i = 0;
    for (; i + kVectors * V::lanes <= count; i += kVectors * V::lanes) {
        V x[kVectors];
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j] = V::load(at + i + j * V::lanes);
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j] = x[j] / (one + exponential(factor * x[j]));
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) x[j].store(at + i + j * V::lanes);
    }
    for (; i < count; i += V::lanes) {
        const int64_t n = count - i < V::lanes ? count - i : V::lanes;
        const V x = V::load(at + i, n);
        (x / (one + exponential(factor * x))).store(at + i, n);
    }
}

}  // namespace conv4j
