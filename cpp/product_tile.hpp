// Products of rows with a panel of weights, and what becomes of them, over a vector type V (activation.hpp). Beyond that V has
//   Half, a vector of its lower half, to which it converts, with lanes, all, load, store, + fma, min and max; or V itself, where half
//   a vector takes as long as a whole one; and, of both, Mask, first_lanes(n), load(p, mask), store(p, mask).
#pragma once

#include "activation.hpp"
#include "isa.hpp"

namespace conv4j {

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

// Rows that lie next to each other, lane by lane.
template <typename V, int kRows>
struct AdjacentRows {
    static constexpr bool scattered = false;
    const float* v;

    explicit AdjacentRows(const Product& p) : v(p.v) {}
    static int64_t place(const Product&, int row) { return row; }
    [[gnu::always_inline]] float at(int row, int64_t k) const { return v[row * V::lanes + k]; }
    [[gnu::always_inline]] void next_chunk(const Product&) { v += kRows * V::lanes; }
};

// Rows that lie anywhere.
template <typename V, int kRows>
struct ScatteredRows {
    static constexpr bool scattered = true;
    const float* rows[kRows];

    explicit ScatteredRows(const Product& p) {
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) rows[t] = p.rows[t];
    }
    static int64_t place(const Product& p, int row) { return p.places[row]; }
    [[gnu::always_inline]] float at(int row, int64_t k) const { return rows[row][k]; }
    [[gnu::always_inline]] void next_chunk(const Product& p) {
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) rows[t] += p.row_chunk_step;
    }
};

// Where rows lie: the last one anywhere, the others so many floats apart.
template <int kRows>
struct RowPlaces {
    int64_t step, last;

    [[gnu::always_inline]] int64_t at(int row) const { return row + 1 == kRows ? last : row * step; }
};

// The sums of a tile, in registers: of kVectors vectors, of which the last one is a Last: a V or the lower half of one.
template <typename V, typename Last, int kRows, int kVectors>
struct TileSums {
    V whole[kRows][kVectors];  // but for the last one
    Last last[kRows];

    // Sets every vector to what `use` makes of it, its row and its index.
    template <typename Use>
    [[gnu::always_inline]] void each(Use use) {
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) {
#pragma GCC unroll 4
            for (int i = 0; i + 1 < kVectors; ++i) whole[t][i] = use(whole[t][i], t, i);
            last[t] = use(last[t], t, kVectors - 1);
        }
    }

    // The same with what lies at `from`, row by row as `place` says, of the last vector so many lanes.
    template <typename Use>
    [[gnu::always_inline]] void each_with(const float* from, RowPlaces<kRows> place, int64_t lanes, Use use) {
        const auto mask = Last::first_lanes(lanes);
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) {
            const float* row = from + place.at(t);
#pragma GCC unroll 4
            for (int i = 0; i + 1 < kVectors; ++i) whole[t][i] = use(whole[t][i], V::load(row + i * V::lanes));
            last[t] = use(last[t], Last::load(row + (kVectors - 1) * V::lanes, mask));
        }
    }

    // Adds an element of each row, at(row), times a row of the panel, and fetches what comes later in memory, as panels are read one
    // after the other.
    template <typename At>
    [[gnu::always_inline]] void add_products(const float* weights, At at) {
        constexpr int kPrefetch = 512;  // floats ahead
        V w[kVectors];
#pragma GCC unroll 4
        for (int i = 0; i + 1 < kVectors; ++i) w[i] = V::load(weights + i * V::lanes);
        const Last w_last = Last::load(weights + (kVectors - 1) * V::lanes);
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) __builtin_prefetch(weights + i * V::lanes + kPrefetch);
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) {
            const V x = V::all(at(t));
#pragma GCC unroll 4
            for (int i = 0; i + 1 < kVectors; ++i) whole[t][i] = fma(x, w[i], whole[t][i]);
            last[t] = fma(static_cast<Last>(x), w_last, last[t]);
        }
    }

    [[gnu::always_inline]] void store(float* to, RowPlaces<kRows> place, int64_t lanes) const {
        const auto mask = Last::first_lanes(lanes);
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) {
            float* row = to + place.at(t);
#pragma GCC unroll 4
            for (int i = 0; i + 1 < kVectors; ++i) whole[t][i].store(row + i * V::lanes);
            last[t].store(row + (kVectors - 1) * V::lanes, mask);
        }
    }

    // Applies one of the post-ops that are for registers (isa.hpp): all of them would be too much code. Of the last vector so many
    // lanes exist; `at` is where the first row's lie in an operand.
    [[gnu::always_inline]] void apply(const PostOp& op, int64_t at, RowPlaces<kRows> place, int64_t lanes) {
        if (op.kind == kAddOperand) {
            each_with(static_cast<const float*>(op.operand) + at, place, lanes, [](auto x, auto y) { return x + y; });
        } else if (op.kind == kClip) {
            each([&](auto x, int, int) { return min(x.all(op.beta), max(x.all(op.alpha), x)); });
        } else if (op.alpha == 0) {
            each([](auto x, int, int) { return max(x.all(0), x); });
        } else {
            each([&](auto x, int, int) { return fma(x.all(op.alpha), min(x.all(0), x), max(x.all(0), x)); });
        }
    }
};

// Makes pixels of dst, from one on, from a channel on, of sums in registers. Of the rows so many exist, all or all but the last, which is
// like the one before then.
template <typename V, typename Last, int kRows, int kVectors>
[[gnu::always_inline]] inline void write_sums(const ProductPixels& out, TileSums<V, Last, kRows, kVectors>& sums, int64_t pixel,
                                              int64_t channel = 0, int64_t rows = kRows) {
    const int64_t left = out.channels - (kVectors - 1) * V::lanes, lanes = left < Last::lanes ? left : Last::lanes;
    const int64_t at = pixel * out.step + channel;
    const RowPlaces<kRows> places{out.step, (rows - 1) * out.step};
    if (out.bias != nullptr) sums.each_with(out.bias + channel, {0, 0}, lanes, [](auto x, auto bias) { return x + bias; });
    for (int i = 0; i < out.post_op_count; ++i) sums.apply(out.post_ops[i], at, places, lanes);
    sums.store(out.dst + at, places, lanes);
}

template <typename V, typename Last, template <typename, int> typename Rows, int kRows, int kVectors>
void multiply(const Product& p) {
    using Kind = Rows<V, kRows>;
    TileSums<V, Last, kRows, kVectors> sums;
    sums.each([&](auto x, int t, int i) {
        return p.accumulate ? x.load(p.m + i * p.m_vector_step + Kind::place(p, t) * V::lanes) : x.all(0);
    });
    Kind rows(p);
    const float* weights = p.weights;
    const char* ahead = static_cast<const char*>(p.ahead);
    const int64_t ahead_step = kVectors > 2 ? p.ahead_step / 2 : p.ahead_step;
    for (int64_t c = 0; c < p.chunks; ++c, rows.next_chunk(p)) {
        const int64_t count = c + 1 < p.chunks ? p.length : p.last_length;
#pragma GCC unroll 1
        for (int64_t k = 0; k < count; ++k, weights += kVectors * V::lanes) {
            // Into L2, at an even pace: weights come from L3 or memory while there is something to compute.
#pragma GCC unroll 2
            for (int i = 0; i < kVectors; i += 2) {
                __builtin_prefetch(ahead, 0, 2);
                ahead += ahead_step;
            }
            sums.add_products(weights, [&](int t) { return rows.at(t, k); });
        }
    }
    if constexpr (Kind::scattered) {
        if (p.out != nullptr) {
            write_sums(*p.out, sums, p.places[0]);
            return;
        }
    }
    sums.each([&](auto x, int t, int i) {
        x.store(p.m + i * p.m_vector_step + Kind::place(p, t) * V::lanes);
        return x;
    });
}

// The rows of a tile whose sums, with a panel's vectors and an element of a row, fill the registers. Wide and low tiles
// load the least for a product: 4 weights and 6 elements of rows for 24, where 2 vectors and 14 rows take 16 for 28.
constexpr int product_rows(int registers, int vectors) {
    const int rows = (registers - 1 - vectors) / vectors;
    return rows < kMostProductRows ? rows : kMostProductRows;
}

constexpr int most_panel_vectors(int registers) { return registers < 32 ? 2 : kMostPanelVectors; }

// The functions for panels of kVectors, and of fewer, from `kRows` rows down to 1.
template <typename V, typename Half, int kRegisters, int kVectors, int kRows = product_rows(kRegisters, kVectors)>
constexpr void fill_products(ProductFunctions& functions) {
    functions.multiply[kVectors - 1][kRows - 1] = multiply<V, V, AdjacentRows, kRows, kVectors>;
    functions.multiply_scattered[0][kVectors - 1][kRows - 1] = multiply<V, V, ScatteredRows, kRows, kVectors>;
    functions.multiply_scattered[1][kVectors - 1][kRows - 1] = multiply<V, Half, ScatteredRows, kRows, kVectors>;
    if constexpr (kRows > 1) {
        fill_products<V, Half, kRegisters, kVectors, kRows - 1>(functions);
    } else {
        functions.most_rows[kVectors - 1] = product_rows(kRegisters, kVectors);
        if constexpr (kVectors > 1) fill_products<V, Half, kRegisters, kVectors - 1>(functions);
    }
}

template <typename V, int kRegisters>
constexpr ProductFunctions product_functions() {
    constexpr int kVectors = most_panel_vectors(kRegisters);
    ProductFunctions functions{};
    functions.most_vectors = kVectors;
    fill_products<V, typename V::Half, kRegisters, kVectors>(functions);
    functions.write = write_pixels<V>;
    return functions;
}

}  // namespace conv4j
