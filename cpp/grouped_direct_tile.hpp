// Convolutions of groups that vectors hold, over a vector type V (grouped_tile.hpp) of which there are registers enough for all that a row
// of windows sees of a vector, next to the sums: an element of src is loaded once for all channels of its group, so that none has to be
// copied to be near for the next one.
#pragma once

#include "depthwise_tile.hpp"

namespace conv4j {

// Fetches what comes after columns of a row that are seen, from `first` on: the same ones of a row that is seen later, or with a stride of
// 2, where much is seen until then, the next ones, and after the last the first ones of that row. A vector of a pixel is a line, and the
// CPU does not see that the next pixel's, often a power of two away, is wanted too.
template <int kStride, int kColumns, int kSrcColumns, typename T>
[[gnu::always_inline]] inline void fetch_columns(const GroupedRows& r, int64_t first, const T* row) {
    int64_t ahead = r.ahead;
    if constexpr (kStride == 2) {
        const int64_t column = (first + r.before) / kStride;
        if (column + kColumns < r.columns) ahead = kColumns * kStride * r.column_step;
        else ahead -= column * kStride * r.column_step;
    }
#pragma GCC unroll 20
    for (int x = kStride - 1; x < kSrcColumns; ++x) __builtin_prefetch(row + ahead + x * r.column_step, 0, 2);
}

template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
struct DirectProduct {
    using Src = T;
    static constexpr int kSrcRows = (kRows - 1) * kStride + kKernel, kSrcColumns = (kColumns - 1) * kStride + kKernel;
    using Seen = SeenColumns<V, kKernel, kSrcColumns>;

    [[gnu::always_inline]] static void add(const GroupedRows& r, const T* src, int64_t c, int64_t first, int64_t lanes, const float* weights,
                                           V* sum) {
        const Seen seen(r, first, lanes);
#pragma GCC unroll 8
        for (int y = 0; y < kSrcRows; ++y) {
            if ((r.rows >> y & 1) == 0) continue;
            const T* row = src + c + y * r.row_step;
            fetch_columns<kStride, kColumns, kSrcColumns>(r, first, row);
            add_columns<0>(r, seen, row, y, weights, sum);
            if constexpr (kStride == 2) add_columns<1>(r, seen, row, y, weights, sum);
        }
    }

    // Every kStride-th column of a row of src, from kFirst on. With each part all of them are multiplied by the same weights.
    template <int kFirst>
    [[gnu::always_inline]] static void add_columns(const GroupedRows& r, const Seen& seen, const T* row, int y, const float* weights, V* sum) {
        constexpr int kSeen = (kSrcColumns - kFirst + kStride - 1) / kStride, kTaps = (kKernel - kFirst + kStride - 1) / kStride;
        V pixels[kSeen];
#pragma GCC unroll 16
        for (int x = 0; x < kSeen; ++x) pixels[x] = seen.load(row, kFirst + x * kStride);
        for (int64_t part = 0; part < r.parts; ++part, weights += r.part_weights) {
            const auto partners = V::partners_at(r.partners + part * V::lanes);
            V taps[kRows][kTaps];
#pragma GCC unroll 2
            for (int i = 0; i < kRows; ++i) {
                const int ky = y - i * kStride;
                if (ky < 0 || ky >= kKernel) continue;
#pragma GCC unroll 3
                for (int k = 0; k < kTaps; ++k) taps[i][k] = V::load(weights + (ky * kKernel + kFirst + k * kStride) * V::lanes);
            }
#pragma GCC unroll 16
            for (int x = 0; x < kSeen; ++x) {
                const V value = pixels[x].picked(partners);
#pragma GCC unroll 2
                for (int i = 0; i < kRows; ++i) {
                    if (y < i * kStride || y >= i * kStride + kKernel) continue;
#pragma GCC unroll 3
                    for (int k = 0; k < kTaps; ++k) {
                        if (x < k || x - k >= kColumns) continue;
                        V& to = sum[i * kColumns + x - k];
                        to = fma(value, taps[i][k], to);
                    }
                }
            }
        }
    }
};

template <typename V, int kStride, int kRows, int kMostColumns>
void convolve_groups_directly(const GroupedRows& r) {
    convolve_rows<V, float, DirectProduct, 3, kStride, kRows, kMostColumns>(r);
}

// With fewer registers there would be too few sums: a copy costs less then.
template <typename V, int kRegisters, int kMostColumns>
constexpr void fill_grouped_direct(GroupedFunctions& functions) {
    if constexpr (kRegisters >= 32) {
        functions[0][0] = convolve_groups_directly<V, 1, 1, kMostColumns>;
        functions[0][1] = convolve_groups_directly<V, 1, 2, kMostColumns>;
        functions[1][0] = convolve_groups_directly<V, 2, 1, kMostColumns>;
        functions[1][1] = convolve_groups_directly<V, 2, 2, kMostColumns>;
    }
}

}  // namespace conv4j
