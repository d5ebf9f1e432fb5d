// Sums of products of rows with rows, over a vector type V (activation.hpp).
#pragma once

#include "activation.hpp"
#include "isa.hpp"

namespace conv4j {

template <typename V, int kRows, int kOutputs>
void multiply_rows_by_rows(const DotProducts& p) {
    V sum[kRows][kOutputs];
    const float* weights[kOutputs];
#pragma GCC unroll 8
    for (int o = 0; o < kOutputs; ++o) {
        weights[o] = p.weights + (o < p.outputs ? o : p.outputs - 1) * p.weights_step;
#pragma GCC unroll 2
        for (int r = 0; r < kRows; ++r) sum[r][o] = V::all(0);
    }
    int64_t k = 0;
    for (; k + V::lanes <= p.count; k += V::lanes) {
        V x[kRows];
#pragma GCC unroll 2
        for (int r = 0; r < kRows; ++r) x[r] = V::load(p.src + r * p.src_step + k);
#pragma GCC unroll 8
        for (int o = 0; o < kOutputs; ++o) {
            const V w = V::load(weights[o] + k);
#pragma GCC unroll 2
            for (int r = 0; r < kRows; ++r) sum[r][o] = fma(x[r], w, sum[r][o]);
        }
    }
    if (k < p.count) {
        const int64_t n = p.count - k;
#pragma GCC unroll 8
        for (int o = 0; o < kOutputs; ++o) {
            const V w = V::load(weights[o] + k, n);
#pragma GCC unroll 2
            for (int r = 0; r < kRows; ++r) sum[r][o] = fma(V::load(p.src + r * p.src_step + k, n), w, sum[r][o]);
        }
    }
#pragma GCC unroll 2
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
        for (int o = 0; o < kOutputs; ++o) p.sums[r * kOutputs + o] = sum[r][o].sum();
    }
}

// A row of src needs many rows of weights, to wait for none of its sums.
template <typename V, int kRegisters>
constexpr DotFunctions dot_functions() {
    constexpr int kOutputs = kRegisters < 32 ? 4 : 8;
    return {kOutputs, {multiply_rows_by_rows<V, 1, kOutputs>, multiply_rows_by_rows<V, 2, kOutputs>}};
}

}  // namespace conv4j
