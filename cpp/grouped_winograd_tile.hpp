// Convolutions of groups with few channels (grouped_tile.hpp, grouped_direct_tile.hpp) by Winograd's minimal filtering of rows, two rows
// of dst at a time: F(2, 3) with stride 1, four products for six, and with stride 2, of the rows that both kernels' ends see, F(2, 2),
// three for four. With src's rows d and the kernel's w (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks"):
//   stride 1: s = (d1 + d2) (w0 + w1 + w2) / 2, t = (d2 - d1) (w0 - w1 + w2) / 2; dst0 = s + t + (d0 - d2) w0, dst1 = s - t + (d3 - d1) w2
//   stride 2: s = d2 (w0 + w2); dst0 = s + (d0 - d2) w0 + d1 w1, dst1 = s + d3 w1 + (d4 - d2) w2
// so that each row of src is taken once, alone or with another one. What both rows of dst need is computed first.
#pragma once

#include "grouped_direct_tile.hpp"
#include "grouped_tile.hpp"

namespace conv4j {

// A row of src, or the sum of two or, with a sign of -1, their difference, times a row of weights, for one row of dst or both.
struct RowProduct {
    int row, sign, other, weights, dst;
};

// Those for both rows of dst, and then those for one.
template <int kStride>
struct RowProducts;

template <>
struct RowProducts<1> {
    static constexpr RowProduct kAll[] = {{1, 1, 2, 0, 0}, {2, -1, 1, 1, 1}, {0, -1, 2, 0, 0}, {3, -1, 1, 1, 1}};
    static constexpr int kShared = 2, kCount = 4;
};

template <>
struct RowProducts<2> {
    static constexpr RowProduct kAll[] = {{2, 0, 2, 3, 0}, {0, -1, 2, 0, 0}, {1, 0, 1, 1, 0}, {3, 0, 3, 1, 1}, {4, -1, 2, 2, 1}};
    static constexpr int kShared = 1, kCount = 5;
};

template <int kSign, typename V>
[[gnu::always_inline]] inline V with_other(V row, V other) {
    if constexpr (kSign > 0) return row + other;
    else if constexpr (kSign < 0) return row - other;
    else return row;
}

// Adds to both rows of dst what the shared products come to.
template <typename V, int kStride, int kColumns>
[[gnu::always_inline]] inline void add_shared(const V* shared, V* sum) {
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) {
        V& first = sum[j];
        V& second = sum[kColumns + j];
        if constexpr (kStride == 1) {
            second = second + (shared[j] - shared[kColumns + j]);
            first = first + (shared[j] + shared[kColumns + j]);
        } else {
            second = second + shared[j];
            first = first + shared[j];
        }
    }
}

// Of copies, whose rows are those that are multiplied.
template <typename V, bool kWide, int kStride, int kColumns>
struct GroupedWinogradProduct {
    using Src = float;
    using Products = RowProducts<kStride>;
    static constexpr int kKernel = 3, kSrcColumns = (kColumns - 1) * kStride + kKernel, kTaps = kKernel * V::lanes;

    [[gnu::always_inline]] static void add(const GroupedRows& r, const float* src, int64_t, int64_t first, int64_t, const float* weights,
                                           V* sum) {
        const Edges edges{first < 0, first + kSrcColumns > r.src_columns};
        V shared[Products::kShared * kColumns];
#pragma GCC unroll 16
        for (int i = 0; i < Products::kShared * kColumns; ++i) shared[i] = V::all(0);
        if constexpr (kStride == 1) {
            // All sums at once would not leave a register.
            each_part(r, src, weights, [&](auto... part) __attribute__((always_inline)) {
                add_rows<0, Products::kShared>(r, edges, part..., shared, sum);
            });
            add_shared<V, kStride, kColumns>(shared, sum);
            each_part(r, src, weights + r.parts * r.part_weights, [&](auto... part) __attribute__((always_inline)) {
                add_rows<Products::kShared, Products::kCount>(r, edges, part..., shared, sum);
            });
        } else {
            each_part(r, src, weights, [&](auto... part) __attribute__((always_inline)) {
                add_rows<0, Products::kCount>(r, edges, part..., shared, sum);
            });
            add_shared<V, kStride, kColumns>(shared, sum);
        }
    }

    // Calls `use` with each part's partners, src and weights. Some of the next copy is filled meanwhile.
    template <typename Use>
    [[gnu::always_inline]] static void each_part(const GroupedRows& r, const float* src, const float* weights, Use use) {
        typename V::Partners partners{};
        for (int64_t part = 0; part < r.parts; ++part, weights += r.part_weights) {
            fill<V, float, kStride>(r, r.share);
            if constexpr (kWide) {
                use(partners, src + part / V::lanes * r.copy_step + part % V::lanes, weights);
            } else {
                partners = V::partners_at(r.partners + part * V::lanes);
                use(partners, src, weights);
            }
        }
    }

    // Products of rows of a part, from kIndex on.
    template <int kIndex, int kEnd>
    [[gnu::always_inline]] static void add_rows(const GroupedRows& r, Edges edges, const typename V::Partners& partners, const float* src,
                                                const float* weights, V* shared, V* sum) {
        if constexpr (kIndex < kEnd) {
            constexpr RowProduct product = Products::kAll[kIndex];
            if ((r.rows >> product.row & 1) != 0) {
                const float* row = src + product.row * r.row_step;
                // One address for all columns: the compiler would keep many.
                asm("" : "+r"(row));
                const float* taps = weights + product.weights * kTaps;
#pragma GCC unroll 20
                for (int x = 0; x < kSrcColumns; ++x) {
                    if ((x == 0 && edges.first) || (x == kSrcColumns - 1 && edges.last)) continue;
                    V value;
                    if constexpr (kWide) value = V::all(row[x * V::lanes]);
                    else value = V::load(row + x * V::lanes).picked(partners);
#pragma GCC unroll 8
                    for (int j = 0; j < kColumns; ++j) {
                        const int kx = x - j * kStride;
                        V& to = (kIndex < Products::kShared ? shared : sum)[product.dst * kColumns + j];
                        if (kx >= 0 && kx < kKernel) to = fma(value, V::load(taps + kx * V::lanes), to);
                    }
                }
            }
            add_rows<kIndex + 1, kEnd>(r, edges, partners, src, weights, shared, sum);
        }
    }
};

template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
using NarrowWinogradProduct = GroupedWinogradProduct<V, false, kStride, kColumns>;
template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
using WideWinogradProduct = GroupedWinogradProduct<V, true, kStride, kColumns>;

// Of src itself, where vectors hold groups.
template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
struct DirectWinogradProduct {
    using Src = T;
    using Products = RowProducts<kStride>;
    static constexpr int kSrcColumns = (kColumns - 1) * kStride + kKernel, kTaps = kKernel * V::lanes;

    [[gnu::always_inline]] static void add(const GroupedRows& r, const T* src, int64_t c, int64_t first, int64_t lanes, const float* weights,
                                           V* sum) {
        V shared[Products::kShared * kColumns];
#pragma GCC unroll 16
        for (int i = 0; i < Products::kShared * kColumns; ++i) shared[i] = V::all(0);
        add_rows<0, Products::kShared>(r, src + c, first, lanes, weights, shared);
        add_shared<V, kStride, kColumns>(shared, sum);
        const float* own = kStride == 1 ? weights + r.parts * r.part_weights : weights;
        add_rows<Products::kShared, Products::kCount>(r, src + c, first, lanes, own, sum);
    }

    // The products of rows from kIndex on, of all parts.
    template <int kIndex, int kEnd>
    [[gnu::always_inline]] static void add_rows(const GroupedRows& r, const T* src, int64_t first, int64_t lanes, const float* weights,
                                                V* sum) {
        if constexpr (kIndex < kEnd) {
            constexpr RowProduct product = Products::kAll[kIndex];
            if ((r.rows >> product.row & 1) != 0) {
                fetch_columns<kStride, kColumns, kSrcColumns>(r, first, src + product.row * r.row_step);
                const Row one(r, src, product.row, first, lanes), other(r, src, product.other, first, lanes);
                const float* taps = weights + product.weights * kTaps;
                const auto pixel = [&](int x) __attribute__((always_inline)) {
                    return with_other<product.sign>(one.load(x), other.load(x));
                };
                add_columns<product.dst * kColumns, 0>(r, pixel, taps, sum);
                if constexpr (kStride == 2) add_columns<product.dst * kColumns, 1>(r, pixel, taps, sum);
            }
            add_rows<kIndex + 1, kEnd>(r, src, first, lanes, weights, sum);
        }
    }

    // A row of src, which is read, without any lane, from where one exists if it does not.
    struct Row {
        const T* at;
        SeenColumns<V, kKernel, kSrcColumns> seen;

        [[gnu::always_inline]] Row(const GroupedRows& r, const T* src, int row, int64_t first, int64_t lanes)
            : at(src + (exists(r, row) ? row : __builtin_ctz(r.copied_rows)) * r.row_step), seen(r, first, exists(r, row) ? lanes : 0) {}

        [[gnu::always_inline]] static bool exists(const GroupedRows& r, int row) { return (r.copied_rows >> row & 1) != 0; }
        [[gnu::always_inline]] V load(int x) const { return seen.load(at, x); }
    };

    // Every kStride-th column of a row of src, from kFirst on. With each part all of them are multiplied by the same weights.
    template <int kSum, int kFirst, typename Pixel>
    [[gnu::always_inline]] static void add_columns(const GroupedRows& r, Pixel pixel, const float* weights, V* sum) {
        constexpr int kSeen = (kSrcColumns - kFirst + kStride - 1) / kStride, kCount = (kKernel - kFirst + kStride - 1) / kStride;
        V pixels[kSeen];
#pragma GCC unroll 16
        for (int x = 0; x < kSeen; ++x) pixels[x] = pixel(kFirst + x * kStride);
        for (int64_t part = 0; part < r.parts; ++part, weights += r.part_weights) {
            const auto partners = V::partners_at(r.partners + part * V::lanes);
            V taps[kCount];
#pragma GCC unroll 3
            for (int k = 0; k < kCount; ++k) taps[k] = V::load(weights + (kFirst + k * kStride) * V::lanes);
#pragma GCC unroll 16
            for (int x = 0; x < kSeen; ++x) {
                const V value = pixels[x].picked(partners);
#pragma GCC unroll 3
                for (int k = 0; k < kCount; ++k) {
                    if (x >= k && x - k < kColumns) sum[kSum + x - k] = fma(value, taps[k], sum[kSum + x - k]);
                }
            }
        }
    }
};

template <typename V, bool kWide, int kStride, int kMostColumns>
void convolve_groups_winograd(const GroupedRows& r) {
    *r.filled = {0, 0};
    if constexpr (kWide) convolve_rows<V, float, WideWinogradProduct, 3, kStride, 2, kMostColumns>(r);
    else convolve_rows<V, float, NarrowWinogradProduct, 3, kStride, 2, kMostColumns>(r);
    while (fill<V, float, kStride>(r, r.next->src_columns)) {
    }
}

template <typename V, int kStride, int kMostColumns>
void convolve_groups_directly_winograd(const GroupedRows& r) {
    convolve_rows<V, float, DirectWinogradProduct, 3, kStride, 2, kMostColumns>(r);
}

// Rows of dst alone are computed as they are.
template <typename V, int kRegisters, int kMostColumns>
constexpr void fill_grouped_winograd(Isa& isa) {
    for (int stride = 0; stride < 2; ++stride) {
        for (int wide = 0; wide < 2; ++wide) isa.grouped_winograd[wide][stride][0] = isa.grouped[wide][stride][0];
        isa.grouped_direct_winograd[stride][0] = isa.grouped_direct[stride][0];
    }
    isa.grouped_winograd[0][0][1] = convolve_groups_winograd<V, false, 1, kMostColumns>;
    isa.grouped_winograd[0][1][1] = convolve_groups_winograd<V, false, 2, kMostColumns>;
    isa.grouped_winograd[1][0][1] = convolve_groups_winograd<V, true, 1, kMostColumns>;
    isa.grouped_winograd[1][1][1] = convolve_groups_winograd<V, true, 2, kMostColumns>;
    if constexpr (kRegisters >= 32) {
        isa.grouped_direct_winograd[0][1] = convolve_groups_directly_winograd<V, 1, kMostColumns>;
        isa.grouped_direct_winograd[1][1] = convolve_groups_directly_winograd<V, 2, kMostColumns>;
    }
}

}  // namespace conv4j
