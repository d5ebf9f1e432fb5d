// Convolutions of groups with few channels, over a vector type V (depthwise_tile.hpp): every lane of dst takes the channels
// of its own group, one after the other, or two where the CPU multiplies pairs of bf16. What is seen of src is copied first:
// windows read every element again and again, and pixels a power of two apart would drive one another out of the L1 cache. A
// copy is made while the one before is multiplied, as multiplying leaves the units that load and store with little to do.
// Beyond that V has
//   Partners, partners_at(p), picked(which): lane l is what lane which[l] was;
//   has_pairs, and if that is true copy_pairs(p, mask, to): `lanes` elements of bf16, zeros for the other lanes, and
//   fma_pairs(a, b, c): c + the sum of the products of the two elements of bf16 that each lane holds.
#pragma once

#include "depthwise_tile.hpp"

namespace conv4j {

// Whether two channels are multiplied and added in one lane at a time.
template <typename V, typename T>
constexpr bool takes_pairs() {
    return V::has_pairs && sizeof(T) == sizeof(Bf16);
}

// Elements of a vector of a pixel in the copy.
template <typename V, typename T>
constexpr int64_t copied_lanes() {
    return takes_pairs<V, T>() ? V::lanes / 2 : V::lanes;
}

// Where pixels of a copy are filled from and to, of the columns from the next one on, so many as there are left but no more than `most`.
template <typename T>
struct FilledPixels {
    int64_t count, ahead;
    const T* from;
    float* to;

    [[gnu::always_inline]] FilledPixels(const GroupedRows& r, int64_t most) {
        const GroupedRows& next = *r.next;
        const Filled& filled = *r.filled;
        const int64_t left = next.src_columns - filled.column, column = next.before + filled.column;
        count = left < most ? left : most;
        ahead = static_cast<const T*>(r.later->copied) - static_cast<const T*>(next.copied);
        from = static_cast<const T*>(next.copied) + filled.row * next.copied_row_step + column * next.copied_column_step;
        to = const_cast<float*>(static_cast<const float*>(next.src)) + filled.row * next.row_step + column * next.column_step;
    }

    // Calls `use` with the places of each vector of the pixels and with what loads it, and fetches those of what comes later: a vector
    // of a pixel is a line, and the CPU does not see that the next pixel's, often a power of two away, is wanted too.
    template <typename V, int kRows, typename Use>
    [[gnu::always_inline]] void each(const GroupedRows& next, Use use) const {
        const T* from_c = from;
        float* to_c = to;
        for (int64_t c = 0; c < next.channels; c += V::lanes, from_c += V::lanes, to_c += next.copy_step) {
            // A mask takes a part of the time of units that multiply.
            const bool whole = next.channels - c >= V::lanes;
            const auto mask = V::first_lanes(whole ? V::lanes : next.channels - c);
            for (int64_t x = 0; x < count; ++x) {
                const T* pixel = from_c + x * next.copied_column_step;
                float* copy = to_c + x * next.column_step;
#pragma GCC unroll 4
                for (int y = 0; y < kRows; ++y) __builtin_prefetch(pixel + ahead + y * next.copied_row_step, 0, 2);
                if constexpr (takes_pairs<V, T>()) V::copy_pairs(pixel, mask, copy);
                else if (whole) use(copy, pixel, [](const T* p) { return V::load(p); });
                else use(copy, pixel, [&](const T* p) { return V::load(p, mask); });
            }
        }
    }
};

// Fills some pixels of what is computed next, if there are some left. Few at a time, as lines on their way keep others waiting. Columns
// that do not exist stay as they are, and are not read either. With Winograd's filtering, that is of a stride of 2, the third row is
// taken from the first and the last one.
template <typename V, typename T, bool kFilters>
[[gnu::always_inline]] inline bool fill_pixels(const GroupedRows& r, int64_t most) {
    const GroupedRows& next = *r.next;
    Filled& filled = *r.filled;
    while ((next.rows >> filled.row & 1) == 0) {
        if (next.rows >> filled.row == 0) return false;
        ++filled.row;
    }
    const FilledPixels<T> pixels(r, most);
    if (!kFilters || !next.filters || filled.row % 4 != 0 || (next.copied_rows & 4) == 0) {
        pixels.template each<V, 1>(next, [](float* to, const T* from, auto load) { load(from).store(to); });
    } else {
        const int64_t third = (2 - filled.row) * next.copied_row_step;
        const bool exists = (next.copied_rows >> filled.row & 1) != 0;
        if (exists) pixels.template each<V, 1>(next, [=](float* to, const T* from, auto load) { (load(from) - load(from + third)).store(to); });
        else pixels.template each<V, 1>(next, [=](float* to, const T* from, auto load) { (V::all(0) - load(from + third)).store(to); });
    }
    filled.column += pixels.count;
    if (filled.column == next.src_columns) filled = {filled.row + 1, 0};
    return true;
}

// The same with Winograd's filtering and a stride of 1, where every row is seen in two sums or differences: all rows of a pixel at a time.
template <typename V>
[[gnu::always_inline]] inline bool fill_filtered(const GroupedRows& r, int64_t most) {
    const GroupedRows& next = *r.next;
    const FilledPixels<float> pixels(r, most);
    if (pixels.count <= 0) return false;
    pixels.template each<V, 4>(next, [&](float* to, const float* from, auto load) __attribute__((always_inline)) {
        V d[4];
#pragma GCC unroll 4
        for (int y = 0; y < 4; ++y) d[y] = (next.copied_rows >> y & 1) != 0 ? load(from + y * next.copied_row_step) : V::all(0);
        (d[0] - d[2]).store(to);
        (d[1] + d[2]).store(to + next.row_step);
        (d[2] - d[1]).store(to + 2 * next.row_step);
        (d[3] - d[1]).store(to + 3 * next.row_step);
    });
    r.filled->column += pixels.count;
    return true;
}

// Either of them.
template <typename V, typename T, int kStride>
[[gnu::always_inline]] inline bool fill(const GroupedRows& r, int64_t most) {
    if constexpr (sizeof(T) == sizeof(float)) {
        if (kStride == 1 && r.next->filters) return fill_filtered<V>(r, most);
    }
    return fill_pixels<V, T, kStride == 2 && sizeof(T) == sizeof(float)>(r, most);
}

// Whether the first column that is seen does not exist, and the last one.
struct Edges {
    bool first, last;
};

// The sums of a vector of channels. kWide: a group has at least a vector of them.
template <typename V, typename T, bool kWide, int kKernel, int kStride, int kRows, int kColumns>
struct GroupedProduct {
    using Src = float;
    static constexpr int kSrcRows = (kRows - 1) * kStride + kKernel, kSrcColumns = (kColumns - 1) * kStride + kKernel;

    [[gnu::always_inline]] static void add(const GroupedRows& r, const float* src, int64_t, int64_t first, int64_t,
                                           const float* weights, V* sum) {
        constexpr int64_t kLanes = copied_lanes<V, T>();
        const Edges edges{first < 0, first + kSrcColumns > r.src_columns};
        typename V::Partners partners{};
        for (int64_t part = 0; part < r.parts; ++part, weights += r.part_weights) {
            // What is filtered is filled at the end: it is rare, and takes registers that addresses need here.
            if (!r.next->filters) fill_pixels<V, T, false>(r, r.share);
            if constexpr (kWide) {
                add_part(r, src + part / kLanes * r.copy_step + part % kLanes, edges, partners, weights, sum);
            } else {
                partners = V::partners_at(r.partners + part * V::lanes);
                add_part(r, src, edges, partners, weights, sum);
            }
        }
    }

    // One part of a group. Where there are few registers, the sums are to have them; the compiler knows where weights fit, too.
    [[gnu::always_inline]] static void add_part(const GroupedRows& r, const float* src, Edges edges, const typename V::Partners& partners,
                                                const float* weights, V* sum) {
#pragma GCC unroll 8
        for (int y = 0; y < kSrcRows; ++y) {
            if ((r.rows >> y & 1) == 0) continue;
            const float* row = src + y * r.row_step;
#pragma GCC unroll 20
            for (int x = 0; x < kSrcColumns; ++x) {
                if ((x == 0 && edges.first) || (x == kSrcColumns - 1 && edges.last)) continue;
                const float* p = row + x * copied_lanes<V, T>();
                V value;
                if constexpr (kWide) value = V::all(*p);
                else value = V::load(p).picked(partners);
#pragma GCC unroll 2
                for (int i = 0; i < kRows; ++i) {
                    const int ky = y - i * kStride;
                    if (ky < 0 || ky >= kKernel) continue;
#pragma GCC unroll 8
                    for (int j = 0; j < kColumns; ++j) {
                        const int kx = x - j * kStride;
                        if (kx < 0 || kx >= kKernel) continue;
                        V& to = sum[i * kColumns + j];
                        if constexpr (takes_pairs<V, T>()) to = fma_pairs(value, V::load(weights + (ky * kKernel + kx) * V::lanes), to);
                        else to = fma(value, V::load(weights + (ky * kKernel + kx) * V::lanes), to);
                    }
                }
            }
        }
    }
};

template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
using NarrowProduct = GroupedProduct<V, T, false, kKernel, kStride, kRows, kColumns>;
template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
using WideProduct = GroupedProduct<V, T, true, kKernel, kStride, kRows, kColumns>;

template <typename V, typename T, bool kWide, int kStride, int kRows, int kMostColumns>
void convolve_groups(const GroupedRows& r) {
    *r.filled = {0, 0};
    if constexpr (kWide) convolve_rows<V, T, WideProduct, 3, kStride, kRows, kMostColumns>(r);
    else convolve_rows<V, T, NarrowProduct, 3, kStride, kRows, kMostColumns>(r);
    while (fill<V, T, kStride>(r, r.next->src_columns)) {
    }
}

template <typename V, typename T, bool kWide, int kMostColumns>
constexpr void fill_groups(GroupedFunctions& of) {
    of[0][0] = convolve_groups<V, T, kWide, 1, 1, kMostColumns>;
    of[0][1] = convolve_groups<V, T, kWide, 1, 2, kMostColumns>;
    of[1][0] = convolve_groups<V, T, kWide, 2, 1, kMostColumns>;
    of[1][1] = convolve_groups<V, T, kWide, 2, 2, kMostColumns>;
}

template <typename V, typename T, int kMostColumns>
constexpr void fill_grouped(GroupedFunctions (&functions)[2]) {
    fill_groups<V, T, false, kMostColumns>(functions[0]);
    fill_groups<V, T, true, kMostColumns>(functions[1]);
}

}  // namespace conv4j
