// Sums of products of rows with rows, over a vector type V (activation.hpp).
#pragma once

#include "activation.hpp"
#include "isa.hpp"

namespace conv4j {

// Sums of kVectors vectors each, so that no product waits for the one before.
template <typename V, int kRows, int kVectors>
void multiply_rows_by_rows(const DotProducts& p) {
    constexpr int64_t kStep = kVectors * V::lanes;
    // Floats ahead of each row, further than the CPU itself looks, which ends with a page: into L2, as rows that are a power
    // of two apart would push each other out of L1.
    constexpr int64_t kAhead = 4096;
    V sum[kRows][kDotOutputs][kVectors];
    const float* weights[kDotOutputs];
#pragma GCC unroll 4
    for (int o = 0; o < kDotOutputs; ++o) {
        weights[o] = p.weights + (o < p.outputs ? o : p.outputs - 1) * p.weights_step;
#pragma GCC unroll 4
        for (int i = 0; i < kRows * kVectors; ++i) sum[i / kVectors][o][i % kVectors] = V::all(0);
    }
    int64_t k = 0;
    for (; k + kStep <= p.count; k += kStep) {
#pragma GCC unroll 2
        for (int i = 0; i < kVectors; ++i) {
            V x[kRows];
#pragma GCC unroll 2
            for (int r = 0; r < kRows; ++r) x[r] = V::load(p.src + r * p.src_step + k + i * V::lanes);
#pragma GCC unroll 4
            for (int o = 0; o < kDotOutputs; ++o) {
                const float* at = weights[o] + k + i * V::lanes;
                __builtin_prefetch(at + kAhead, 0, 2);
                const V w = V::load(at);
#pragma GCC unroll 2
                for (int r = 0; r < kRows; ++r) sum[r][o][i] = fma(x[r], w, sum[r][o][i]);
            }
        }
    }
    for (; k < p.count; k += V::lanes) {
        const int64_t n = p.count - k < V::lanes ? p.count - k : V::lanes;
#pragma GCC unroll 4
        for (int o = 0; o < kDotOutputs; ++o) {
            const V w = V::load(weights[o] + k, n);
#pragma GCC unroll 2
            for (int r = 0; r < kRows; ++r) sum[r][o][0] = fma(V::load(p.src + r * p.src_step + k, n), w, sum[r][o][0]);
        }
    }
#pragma GCC unroll 2
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
        for (int o = 0; o < kDotOutputs; ++o) {
            V all = sum[r][o][0];
#pragma GCC unroll 1
            for (int i = 1; i < kVectors; ++i) all = all + sum[r][o][i];
            p.sums[r * kDotOutputs + o] = all.sum();
        }
    }
}

template <typename V, int kRegisters>
constexpr DotFunctions dot_functions() {
    return {{multiply_rows_by_rows<V, 1, 2>, multiply_rows_by_rows<V, 2, kRegisters < 32 ? 1 : 2>}};
}

}  // namespace conv4j
