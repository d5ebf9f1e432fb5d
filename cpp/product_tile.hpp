// Products of rows with a panel of weights, and what becomes of them, over a vector type V (activation.hpp).
#pragma once

#include "activation.hpp"
#include "isa.hpp"

namespace conv4j {

// Rows that lie next to each other, lane by lane.
template <typename V, int kRows>
struct AdjacentRows {
    const float* v;

    explicit AdjacentRows(const Product& p) : v(p.v) {}
    static int64_t place(const Product&, int row) { return row; }
    [[gnu::always_inline]] float at(int row, int64_t k) const { return v[row * V::lanes + k]; }
    [[gnu::always_inline]] void next_chunk(const Product& p) { v += p.v_chunk_step; }
};

// Rows that lie anywhere.
template <typename V, int kRows>
struct ScatteredRows {
    const float* rows[kRows];

    explicit ScatteredRows(const Product& p) {
#pragma GCC unroll 14
        for (int t = 0; t < kRows; ++t) rows[t] = p.rows[t];
    }
    static int64_t place(const Product& p, int row) { return p.places[row]; }
    [[gnu::always_inline]] float at(int row, int64_t k) const { return rows[row][k]; }
    [[gnu::always_inline]] void next_chunk(const Product&) {
#pragma GCC unroll 14
        for (int t = 0; t < kRows; ++t) rows[t] += V::lanes;
    }
};

template <typename V, template <typename, int> typename Rows, int kRows, int kVectors>
void multiply(const Product& p) {
    // Floats ahead; the panels follow each other in the order in which they are used.
    constexpr int kPrefetch = 512;
    V sum[kRows][kVectors];
#pragma GCC unroll 14
    for (int t = 0; t < kRows; ++t) {
        const float* m = p.m + Rows<V, kRows>::place(p, t) * V::lanes;
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
            sum[t][i] = p.accumulate ? V::load(m + i * p.m_vector_step) : V::all(0);
        }
    }
    Rows<V, kRows> rows(p);
    const float* weights = p.weights;
    const char* ahead = static_cast<const char*>(p.ahead);
    const int64_t ahead_step = kVectors > 2 ? p.ahead_step / 2 : p.ahead_step;
    for (int64_t c = 0; c < p.chunks; ++c, rows.next_chunk(p)) {
        const int64_t count = c + 1 < p.chunks ? V::lanes : p.last_lanes;
#pragma GCC unroll 1
        for (int64_t k = 0; k < count; ++k, weights += kVectors * V::lanes) {
            V w[kVectors];
#pragma GCC unroll 4
            for (int i = 0; i < kVectors; ++i) {
                w[i] = V::load(weights + i * V::lanes);
                __builtin_prefetch(weights + i * V::lanes + kPrefetch);
            }
            // Into L2, at an even pace: weights come from L3 or memory while there is something to compute.
#pragma GCC unroll 2
            for (int i = 0; i < kVectors; i += 2) {
                __builtin_prefetch(ahead, 0, 2);
                ahead += ahead_step;
            }
#pragma GCC unroll 14
            for (int t = 0; t < kRows; ++t) {
                const V x = V::all(rows.at(t, k));
#pragma GCC unroll 4
                for (int i = 0; i < kVectors; ++i) sum[t][i] = fma(x, w[i], sum[t][i]);
            }
        }
    }
#pragma GCC unroll 14
    for (int t = 0; t < kRows; ++t) {
        float* m = p.m + Rows<V, kRows>::place(p, t) * V::lanes;
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) sum[t][i].store(m + i * p.m_vector_step);
    }
}

// Some pixels' vectors of dst, `at` elements from their tensors' first.
template <typename V, int kPixels>
[[gnu::always_inline]] inline void write_some(const ProductPixels& p, const float* m, V bias, int64_t at, int64_t n) {
    V y[kPixels];
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) y[i] = V::load(m + i * V::lanes) + bias;
    for (int j = 0; j < p.post_op_count; ++j) {
        const PostOp& op = p.post_ops[j];
        if (op.kind != kAddOperand && op.kind != kMultiplyOperand) {
            with_activation<V>(op, [&](auto activation) {
#pragma GCC unroll 8
                for (int i = 0; i < kPixels; ++i) y[i] = activation(y[i]);
            });
            continue;
        }
        const float* operand = static_cast<const float*>(op.operand) + at;
#pragma GCC unroll 8
        for (int i = 0; i < kPixels; ++i) {
            const V x = V::load(operand + i * p.step, n);
            y[i] = op.kind == kAddOperand ? y[i] + x : y[i] * x;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) y[i].store(p.dst + at + i * p.step, n);
}

template <typename V>
void write_pixels(const ProductPixels& p) {
    constexpr int kPixels = 8;
    const float* m = p.m;
    for (int64_t c = 0; c < p.channels; c += V::lanes, m += p.m_vector_step) {
        const int64_t n = p.channels - c < V::lanes ? p.channels - c : V::lanes;
        const V bias = p.bias == nullptr ? V::all(0) : V::load(p.bias + c, n);
        int64_t i = 0;
        for (; i + kPixels <= p.count; i += kPixels) write_some<V, kPixels>(p, m + i * V::lanes, bias, c + i * p.step, n);
        for (; i < p.count; ++i) write_some<V, 1>(p, m + i * V::lanes, bias, c + i * p.step, n);
    }
}

// The rows of a tile whose sums, with a panel's vectors and an element of a row, fill the registers. Wide and low tiles
// load the least for a product: 4 weights and 6 elements of rows for 24, where 2 vectors and 14 rows take 16 for 28.
constexpr int product_rows(int registers, int vectors) {
    const int rows = (registers - 1 - vectors) / vectors;
    return rows < kMostProductRows ? rows : kMostProductRows;
}

// The functions for panels of kVectors, and of fewer, from `kRows` rows down to 1.
template <typename V, int kRegisters, int kVectors, int kRows = product_rows(kRegisters, kVectors)>
constexpr void fill_products(ProductFunctions& functions) {
    functions.multiply[kVectors - 1][kRows - 1] = multiply<V, AdjacentRows, kRows, kVectors>;
    functions.multiply_scattered[kVectors - 1][kRows - 1] = multiply<V, ScatteredRows, kRows, kVectors>;
    if constexpr (kRows > 1) {
        fill_products<V, kRegisters, kVectors, kRows - 1>(functions);
    } else {
        functions.most_rows[kVectors - 1] = product_rows(kRegisters, kVectors);
        if constexpr (kVectors > 1) fill_products<V, kRegisters, kVectors - 1>(functions);
    }
}

template <typename V, int kRegisters>
constexpr ProductFunctions product_functions() {
    constexpr int kVectors = kRegisters < 32 ? 2 : kMostPanelVectors;
    ProductFunctions functions{};
    functions.most_vectors = kVectors;
    fill_products<V, kRegisters, kVectors>(functions);
    functions.write = write_pixels<V>;
    return functions;
}

}  // namespace conv4j
