// Convolutions of groups that hold vectors (grouped_tile.hpp) by the fast inner product (fip.hpp), over a vector type V that has
// add_one(p, b), *p + b, and fma_one(p, b, c), *p b + c, too. The first two columns of a kernel are the pairs, so that what is taken off
// for src are the products of neighbouring pixels of the copy, which windows share. All that is copied is scaled alike.
#pragma once

#include "fip_tile.hpp"
#include "grouped_tile.hpp"

namespace conv4j {

// The copy of a group, and for each result the sum of the products of the pairs that its windows see.
struct GroupedPairs : GroupedRows {
    const float* pairs;  // [row of dst][column]
    float scale;
};

template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
struct GroupedFipProduct {
    using Src = float;
    static constexpr int kSums = kRows * kColumns;

    [[gnu::always_inline]] static void add(const GroupedPairs& r, const float* src, int64_t, int64_t first, int64_t, const float* weights,
                                           V* sum) {
        constexpr int64_t kLanes = V::lanes;
        const bool no_first = first < 0, no_last = first + (kColumns - 1) * kStride + kKernel > r.src_columns;
        V sums[kSums];
#pragma GCC unroll 16
        for (int i = 0; i < kSums; ++i) sums[i] = V::all(0);
        const float* w = weights + kGroupedMeta * kLanes;
        for (int64_t part = 0; part < r.parts; ++part, w += kKernel * kKernel * kLanes) {
            fill_pixels<V, float>(r, r.share);
            add_part(r, src + part / kLanes * r.copy_step + part % kLanes, no_first, no_last, w, sums);
        }
        const int64_t column = (first + r.before) / kStride;
        const V scale = V::all(r.scale) * V::load(weights + kGroupedPairs * kLanes);
#pragma GCC unroll 2
        for (int i = 0; i < kRows; ++i) {
            const uint32_t rows = r.rows >> i * kStride & 7;
            const V pairs = V::load(weights + rows * kLanes);
#pragma GCC unroll 8
            for (int j = 0; j < kColumns; ++j) {
                V& of = sums[i * kColumns + j];
                if (j > 0 || !no_first) of = of - add_one(r.pairs + i * kMostGroupedColumns + column + j, pairs);
                sum[i * kColumns + j] = fma(of, scale, sum[i * kColumns + j]);
            }
        }
    }

    [[gnu::always_inline]] static void add_part(const GroupedPairs& r, const float* src, bool no_first, bool no_last, const float* weights,
                                                V* sums) {
        constexpr int64_t kLanes = V::lanes;
#pragma GCC unroll 3
        for (int ky = 0; ky < kKernel; ++ky) {
            const V y1 = V::load(weights), y2 = V::load(weights + kLanes), y3 = V::load(weights + 2 * kLanes);
            weights += kKernel * kLanes;
#pragma GCC unroll 2
            for (int i = 0; i < kRows; ++i) {
                const int y = i * kStride + ky;
                if ((r.rows >> y & 1) == 0) continue;
                const float* p = src + y * r.row_step;
#pragma GCC unroll 8
                for (int j = 0; j < kColumns; ++j, p += kStride * kLanes) {
                    V& to = sums[i * kColumns + j];
                    if (j == 0 && no_first) to = fma_one(p + kLanes, y2, to);
                    else to = fma(add_one(p, y2), add_one(p + kLanes, y1), to);
                    if (j + 1 < kColumns || !no_last) to = fma_one(p + 2 * kLanes, y3, to);
                }
            }
        }
    }
};

// Calls `use` with each pixel of a copy that exists, of each vector.
template <typename V, typename Use>
[[gnu::always_inline]] inline void each_copied(const GroupedRows& r, Use use) {
    for (int y = 0; r.rows >> y != 0; ++y) {
        if ((r.rows >> y & 1) == 0) continue;
        float* const row = const_cast<float*>(static_cast<const float*>(r.src)) + y * r.row_step + r.before * r.column_step;
        for (int64_t x = 0; x < r.src_columns; ++x) {
            for (int64_t c = 0; c < r.parts; c += V::lanes) use(row + x * r.column_step + c / V::lanes * r.copy_step);
        }
    }
}

// Finds the sums of the products of the pairs that each result meets, and returns the sum of the products' magnitudes.
template <typename V, int kStride, int kRows>
float find_pairs(const GroupedRows& r, int64_t first, float* pairs) {
    constexpr int kKernel = 3;
    float of_row[kMostGroupedColumns + 1];
    V magnitudes = V::all(0);
    for (int64_t i = 0; i < kRows * kMostGroupedColumns; i += kMostGroupedColumns) {
        for (int64_t j = 0; j < r.columns; ++j) pairs[i + j] = 0;
    }
    for (int y = 0; y < (kRows - 1) * kStride + kKernel; ++y) {
        if ((r.rows >> y & 1) == 0) continue;
        const float* p = static_cast<const float*>(r.src) + y * r.row_step + first * kStride * r.column_step;
        for (int64_t j = first; j < r.columns; j += 2, p += 2 * kStride * r.column_step) {
            const float* const next = j + 1 < r.columns ? p + kStride * r.column_step : nullptr;
            V sums[2] = {V::all(0), V::all(0)};
            for (int64_t c = 0, at = 0; c < r.parts; c += V::lanes, at += r.copy_step) {
                const V product = V::load(p + at) * V::load(p + at + r.column_step);
                const V other = next == nullptr ? V::all(0) : V::load(next + at) * V::load(next + at + r.column_step);
                sums[0] = sums[0] + product;
                sums[1] = sums[1] + other;
                magnitudes = magnitudes + magnitude(product) + magnitude(other);
            }
            sum_both(sums[0], sums[1], of_row + j);
        }
        for (int i = 0; i < kRows; ++i) {
            const int ky = y - i * kStride;
            if (ky < 0 || ky >= kKernel) continue;
            for (int64_t j = first; j < r.columns; ++j) pairs[i * kMostGroupedColumns + j] += of_row[j];
        }
    }
    return magnitudes.sum();
}

template <typename V, int kStride, int kRows, int kMostColumns>
void convolve_groups_fip(const GroupedRows& given) {
    *given.filled = {0, 0};
    float pairs[kRows * kMostGroupedColumns];
    GroupedPairs r{given, pairs, 1};
    if (r.columns > 0) {
        const int64_t first = (r.before + kStride - 1) / kStride;
        const float magnitudes = find_pairs<V, kStride, kRows>(r, first, pairs);
        const auto rows = static_cast<float>(__builtin_popcount(r.rows & ((1u << ((kRows - 1) * kStride + 3)) - 1)));
        const float count = rows * static_cast<float>((r.columns - first) * r.parts);
        if (!(magnitudes >= count / kFipFar && magnitudes <= count * kFipFar)) {
            V most = V::all(0);
            each_copied<V>(r, [&](const float* x) { most = max(magnitude(V::load(x)), most); });
            const auto scale = FipScale<V>::of(most.greatest(), 1);
            each_copied<V>(r, [&](float* x) { (V::load(x) * V::all(scale.up)).store(x); });
            r.scale = scale.down;
            find_pairs<V, kStride, kRows>(r, first, pairs);
        }
    }
    convolve_rows<V, float, GroupedFipProduct, 3, kStride, kRows, kMostColumns>(r);
    while (fill_pixels<V, float>(r, r.next->src_columns)) {
    }
}

template <typename V>
void finish_grouped_fip(float* weights, int64_t channels) {
    constexpr int kLanes = V::lanes, kTaps = 9, kKernel = 3;
    float* const first = weights + kGroupedMeta * kLanes;
    V most = V::all(0);
    for (int64_t i = 0; i < channels * kTaps; ++i) most = max(magnitude(V::load(first + i * kLanes)), most);
    const V scale = scales_of(most, 1, weights + kGroupedPairs * kLanes);
    for (int64_t i = 0; i < channels * kTaps; ++i) (V::load(first + i * kLanes) * scale).store(first + i * kLanes);
    // In the order in which a tile's are added, so that of zeros nothing is left.
    for (int rows = 0; rows < kGroupedPairs; ++rows) {
        V pairs = V::all(0);
        const float* w = first;
        for (int64_t i = 0; i < channels * kKernel; ++i, w += kKernel * kLanes) {
            if ((rows >> i % kKernel & 1) != 0) pairs = fma(V::load(w + kLanes), V::load(w), pairs);
        }
        pairs.store(weights + rows * kLanes);
    }
}

template <typename V, int kMostColumns>
constexpr void fill_grouped_fip(GroupedFunctions& functions) {
    functions[0][0] = convolve_groups_fip<V, 1, 1, kMostColumns>;
    functions[0][1] = convolve_groups_fip<V, 1, 2, kMostColumns>;
    functions[1][0] = convolve_groups_fip<V, 2, 1, kMostColumns>;
    functions[1][1] = convolve_groups_fip<V, 2, 2, kMostColumns>;
}

}  // namespace conv4j
