// Strassen's algorithm, in Winograd's form, on tiles (strassen.hpp), over a vector type V (product_tile.hpp).
#pragma once

#include "product_tile.hpp"

namespace conv4j {

// S1 = A21 + A22, S2 = S1 - A11, S3 = A11 - A21, S4 = A12 - S2.
template <typename V>
void strassen_sums(const StrassenRows& r) {
    const int64_t step = r.rows * r.row_step;
    for (int64_t t = 0; t < r.rows; ++t) {
        const float *upper = r.upper[t], *lower = r.lower[t];
        float* to = r.sums + t * r.row_step;
        for (int64_t c = 0; c < r.half; c += V::lanes, upper += V::lanes, lower += V::lanes, to += V::lanes) {
            const auto mask = V::first_lanes(r.half - c < V::lanes ? r.half - c : V::lanes);
            const V a11 = V::load(upper, mask), a12 = V::load(upper + r.half, mask);
            const V a21 = V::load(lower, mask), a22 = V::load(lower + r.half, mask);
            const V s1 = a21 + a22, s2 = s1 - a11;
            s1.store(to);
            s2.store(to + step);
            (a11 - a21).store(to + 2 * step);
            (a12 - s2).store(to + 3 * step);
        }
    }
}

// What comes before and after one of the products, which are added to what the registers hold: one of the held sums is taken in
// their place first, or none (kStrassenZero); and then they are held, one of the held is added, and they become a quarter of the
// result (0 and 1 of the upper rows, 2 and 3 of the lower ones). Or nothing of that (kStrassenNot).
struct StrassenStep {
    int take, hold, add, quarter;
};

constexpr int kStrassenNot = -1, kStrassenZero = -2;

// Seven products, and three sums that lie in memory in between: every quarter is whole while it is in registers.
constexpr StrassenStep kStrassenSteps[kStrassenProducts] = {
    {kStrassenZero, 0, kStrassenNot, kStrassenNot},  // P1 = A11 B11
    {kStrassenNot, kStrassenNot, kStrassenNot, 0},   // P2 = A12 B21: C11 = P1 + P2
    {0, 0, kStrassenNot, kStrassenNot},              // P6 = S2 T2: U2 = P1 + P6
    {kStrassenNot, 1, kStrassenNot, kStrassenNot},   // P7 = S3 T3: U3 = U2 + P7
    {kStrassenNot, kStrassenNot, kStrassenNot, 2},   // -P4 = A22 (-T4): C21 = U3 - P4
    {kStrassenZero, 2, 1, 3},                        // P5 = S1 T1: C22 = P5 + U3
    {0, kStrassenNot, 2, 1},                         // P3 = S4 B22: C12 = U2 + P3 + P5
};

template <typename V, typename Last, int kRows, int kVectors>
void multiply_strassen(const StrassenTile& p) {
    constexpr int64_t kWidth = kVectors * V::lanes;
    const auto held = [&](int index, int t, int i) { return p.held + (index * kRows + t) * kWidth + i * V::lanes; };
    TileSums<V, Last, kRows, kVectors> sums;
    sums.each([](auto x, int, int) { return x.all(0); });
    const float* weights = p.weights;
    for (int product = p.first; product < p.last; ++product) {
        const StrassenStep& step = kStrassenSteps[product];
        if (step.take == kStrassenZero) {
            sums.each([](auto x, int, int) { return x.all(0); });
        } else if (step.take != kStrassenNot) {
            sums.each([&](auto x, int t, int i) { return x.load(held(step.take, t, i)); });
        }
        const char* ahead = p.ahead[product].at;
        const int64_t ahead_step = kVectors > 2 ? p.ahead[product].step / 2 : p.ahead[product].step;
        const float* rows[kRows];
#pragma GCC unroll 8
        for (int t = 0; t < kRows; ++t) rows[t] = p.rows[product * kRows + t];
#pragma GCC unroll 1
        for (int64_t k = 0; k < p.length; ++k, weights += kWidth) {
            // Into L2, at an even pace.
#pragma GCC unroll 2
            for (int i = 0; i < kVectors; i += 2) {
                __builtin_prefetch(ahead, 0, 2);
                ahead += ahead_step;
            }
            sums.add_products(weights, [&](int t) { return rows[t][k]; });
        }
        if (step.hold != kStrassenNot) {
            sums.each([&](auto x, int t, int i) {
                x.store(held(step.hold, t, i));
                return x;
            });
        }
        if (step.add != kStrassenNot) sums.each([&](auto x, int t, int i) { return x + x.load(held(step.add, t, i)); });
        if (step.quarter == kStrassenNot) continue;
        const bool lower = step.quarter >= 2;
        write_sums(*p.out, sums, lower ? kRows : 0, step.quarter % 2 * p.right, lower ? p.lower_rows : kRows);
    }
}

// Rows of half a tile: as many as the registers hold sums of, but not more than have their addresses in registers, too.
constexpr int strassen_rows(int registers, int vectors) {
    const int rows = product_rows(registers, vectors);
    return rows < kMostStrassenRows ? rows : kMostStrassenRows;
}

// The functions for panels of kVectors, and of fewer, from `kRows` rows down to the least.
template <typename V, int kRegisters, int kVectors, int kRows = strassen_rows(kRegisters, kVectors)>
constexpr void fill_strassen(StrassenFunctions& functions) {
    functions.multiply[0][kVectors - 1][kRows - 1] = multiply_strassen<V, V, kRows, kVectors>;
    functions.multiply[1][kVectors - 1][kRows - 1] = multiply_strassen<V, typename V::Half, kRows, kVectors>;
    if constexpr (kRows > kLeastStrassenRows) {
        fill_strassen<V, kRegisters, kVectors, kRows - 1>(functions);
    } else {
        functions.most_rows[kVectors - 1] = strassen_rows(kRegisters, kVectors);
        if constexpr (kVectors > 1) fill_strassen<V, kRegisters, kVectors - 1>(functions);
    }
}

template <typename V, int kRegisters>
constexpr StrassenFunctions strassen_functions() {
    StrassenFunctions functions{};
    functions.sums = strassen_sums<V>;
    fill_strassen<V, kRegisters, most_panel_vectors(kRegisters)>(functions);
    return functions;
}

}  // namespace conv4j
