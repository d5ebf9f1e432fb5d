// Sums of products of rows with rows, over a vector type V (activation.hpp).
#pragma once

#include "activation.hpp"
#include "isa.hpp"

namespace conv4j {

template <typename V, int kRows>
void multiply_rows_by_rows(const DotProducts& p) {
    // Every second line is enough, as the CPU fetches them in pairs.
    constexpr int64_t kPair = 128, kAhead = kDotOutputs * V::lanes * static_cast<int64_t>(sizeof(float));
    V sum[kRows][kDotOutputs];
    const float* weights[kDotOutputs];
#pragma GCC unroll 6
    for (int o = 0; o < kDotOutputs; ++o) {
        weights[o] = p.weights + (o < p.outputs ? o : p.outputs - 1) * p.weights_step;
#pragma GCC unroll 2
        for (int r = 0; r < kRows; ++r) sum[r][o] = V::all(0);
    }
    // The n products from k on, fewer than a vector's.
    const auto multiply_few = [&](int64_t k, int64_t n) {
#pragma GCC unroll 6
        for (int o = 0; o < kDotOutputs; ++o) {
            const V w = V::load(weights[o] + k, n);
#pragma GCC unroll 2
            for (int r = 0; r < kRows; ++r) sum[r][o] = fma(V::load(p.src + r * p.src_step + k, n), w, sum[r][o]);
        }
    };
    // Up to where a row of weights begins a vector's worth of memory: one across two cache lines is read twice. If rows are a
    // whole number of vectors, this is the same for all. Weights of a mapped file may begin anywhere.
    const int64_t past = static_cast<int64_t>(reinterpret_cast<uintptr_t>(p.weights) / sizeof(float)) % V::lanes;
    const int64_t first = past == 0 ? 0 : V::lanes - past < p.count ? V::lanes - past : p.count;
    if (first > 0) multiply_few(0, first);
    const char* ahead = reinterpret_cast<const char*>(p.ahead);
    int64_t k = first;
    for (; k + V::lanes <= p.count; k += V::lanes, ahead += kAhead) {
        V x[kRows];
#pragma GCC unroll 2
        for (int r = 0; r < kRows; ++r) x[r] = V::load(p.src + r * p.src_step + k);
#pragma GCC unroll 3
        for (int64_t i = 0; i < kAhead; i += kPair) __builtin_prefetch(ahead + i, 0, 2);
#pragma GCC unroll 6
        for (int o = 0; o < kDotOutputs; ++o) {
            const V w = V::load(weights[o] + k);
#pragma GCC unroll 2
            for (int r = 0; r < kRows; ++r) sum[r][o] = fma(x[r], w, sum[r][o]);
        }
    }
    if (k < p.count) multiply_few(k, p.count - k);
#pragma GCC unroll 2
    for (int r = 0; r < kRows; ++r) {
        float sums[kDotOutputs];
#pragma GCC unroll 3
        for (int o = 0; o < kDotOutputs; o += 2) sum_both(sum[r][o], sum[r][o + 1], sums + o);
#pragma GCC unroll 6
        for (int o = 0; o < kDotOutputs; ++o) {
            const int64_t lane = p.first_lane + o;
            float& m = p.m[lane / V::lanes * p.m_vector_step + r * V::lanes + lane % V::lanes];
            m = p.accumulate ? m + sums[o] : sums[o];
        }
    }
}

template <typename V, int kRegisters>
constexpr DotFunctions dot_functions() {
    return {kRegisters < 32 ? 1 : 2, {multiply_rows_by_rows<V, 1>, multiply_rows_by_rows<V, 2>}};
}

}  // namespace conv4j
